"""Hypothesis strategies for your own tests: realistic terms, markets and shocks that shrink to readable examples.

Each family has a file; every name is loaded on first use, so that hypothesis is imported by those who test only.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
