"""Answers that are errors: all have one shape, and say in one line what is wrong."""

from __future__ import annotations

from starlette.responses import JSONResponse


class RefusedError(Exception):
    """An answer that is an error.

    Attributes:
        status: of HTTP.
        code: for programs.
        message: for people.
        headers: to go with it.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self) -> JSONResponse:
        """Return the error as a response."""
        return error(self.status, self.code, self.message, self.headers)


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error as a response."""
    return JSONResponse({"error": {"code": code, "message": " ".join(message.split())}}, status, headers)
