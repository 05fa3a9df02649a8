"""One shape for everything that went wrong: ``{"error": {code, message, path, suggestion, requestId}}``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ..client.failures import UNFORESEEN, told
from ..errors import CohortGraphError, UsageError


class Refused(UsageError):
    """The server does not take a request.

    Parameters
    ----------
    status, code
        As the answer names them.
    headers
        Further headers of the answer.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        self.headers = headers or {}
        super().__init__(message)


class Busy(Refused):
    """More is asked than can wait for its turn."""

    def __init__(self, message: str, seconds: int = 1) -> None:
        super().__init__(503, "busy", message, {"Retry-After": str(seconds)})


class Limit(BaseModel):
    """What may not be exceeded."""

    name: str = Field(examples=["clauses"])
    found: int = Field(examples=[612])
    most: int = Field(examples=[500])


class Wrong(BaseModel):
    """What went wrong."""

    code: str = Field(examples=["question_invalid"])
    message: str = Field(description="What was found, what was expected, what to do.")
    path: str | None = Field(None, description="JSON Pointer to the place in the document.", examples=["/patients/sex"])
    suggestion: str | None = Field(None, description="The nearest valid name.", examples=["patientSex"])
    limit: Limit | None = Field(None, description="Where more than is allowed was asked for.")
    missing: list[dict[str, str]] | None = Field(None, description="Objects that can't be had, each with its reason.")
    request_id: str = Field(alias="requestId", description="By which the server's log names the request.")


class Error(BaseModel):
    """The body of every answer that is none."""

    error: Wrong


_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


def described(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, content of the answer without the request's id, and headers; of an unforeseen error no details."""
    if isinstance(error, Refused):
        return error.status, {"code": error.code, "message": str(error)}, error.headers
    if isinstance(error, RequestValidationError):
        return 400, _invalid(error), {}
    if isinstance(error, HTTPException):
        code = _OF_STATUS.get(error.status_code, "refused")
        return error.status_code, {"code": code, "message": str(error.detail)}, dict(error.headers or {})
    if (found := told(error)) is not None:
        return *found, {}
    message = "the server failed; its log names the place by the request's id"
    return 500, {"code": UNFORESEEN, "message": message}, {}


def _invalid(error: RequestValidationError) -> dict[str, Any]:
    """The first thing that is wrong with a request, with the JSON Pointer to it."""
    first = error.errors()[0]
    where, *rest = first["loc"]
    path = "".join(f"/{part}" for part in rest)
    return {"code": "request_invalid", "message": f"{where} {path or 'of the request'}: {first['msg']}", "path": path}


def response(error: Exception, request_id: str) -> JSONResponse:
    """The answer that tells an error."""
    status, said, headers = described(error)
    content = {"error": Wrong(**said, requestId=request_id).model_dump(by_alias=True)}
    for name in ("limit", "missing"):
        if content["error"][name] is None:
            del content["error"][name]
    return JSONResponse(content, status, headers)


def install(app: FastAPI) -> None:
    """Let the app answer every error in this shape; what is unforeseen is caught further out (``api.requests``)."""

    async def handle(request: Request, error: Exception) -> JSONResponse:
        request.scope["error"] = error
        return response(error, request.scope["request_id"])

    for kind in (CohortGraphError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
