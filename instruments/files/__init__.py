"""Terms and quotes in files: TOML and JSON in and out, the line finder, schemas.

A file becomes plain data, then canonical JSON, then a strict model: so TOML lists and dates are welcome, while NaN, `true` for a
number, "0.1", repeated and unknown keys are refused, each in one line that names file, line, path, value, what is allowed and what to do.
"""

from instruments.files.loading import load_model, model_from_text
from instruments.files.writing import dumps_json, dumps_toml, save
from instruments.ground.schemas import model_schema

__all__ = ["dumps_json", "dumps_toml", "load_model", "model_from_text", "model_schema", "save"]
