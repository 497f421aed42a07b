"""The command line. `launch.py` is the script that installers copy; `main.py` is what it calls."""
