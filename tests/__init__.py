"""Tests of gpufin. `README.md` beside this file says where a test belongs."""
