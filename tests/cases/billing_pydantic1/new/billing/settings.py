"""The settings of the service."""

from __future__ import annotations

from pydantic.v1 import BaseModel, Extra, Field


class Smtp(BaseModel):
    host: str
    user: str = Field(..., alias="userName")
    port: int = 25
    password: str | None

    class Config:
        allow_population_by_field_name = True
        extra = Extra.forbid


class Login(BaseModel):
    user: str
    password: str = ""


class Tax(BaseModel):
    country: str
    rate: float


class Settings(BaseModel):
    smtp: Smtp
    tax: list[Tax]

    class Config:
        extra = Extra.forbid
