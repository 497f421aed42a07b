"""QuantLib engines: the second opinion beside our own. Terms and arrays in, floats out; no QuantLib type crosses this border."""
