"""The local web page and its HTTP service; `listening` starts it, `static` is the page."""
