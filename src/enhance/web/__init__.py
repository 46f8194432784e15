"""The local web page and its HTTP service; `server` is the service, `static` the page."""
