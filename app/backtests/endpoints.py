"""``/api/v1/strategies``: what can be optimized."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.backtests.strategies import STRATEGIES
from app.requests.openapi import problems
from app.security.access import Viewer

router = APIRouter(prefix="/api/v1/strategies", tags=["strategies"])


class ParameterOut(BaseModel):
    """A parameter and the range of its values, both ends included."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["fast"])
    kind: Literal["int", "float"]
    low: int | float
    high: int | float
    step: int | float | None = Field(description="Distance between values; null for any value.")
    description: str


class StrategyOut(BaseModel):
    """A rule that turns prices into positions."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["sma_cross"])
    description: str
    parameters: list[ParameterOut]
    constraints: list[Annotated[str, BeforeValidator(str)]] = Field(
        description="What a parameter set must keep; none that does not is proposed.",
        examples=[["fast < slow"]],
    )


class StrategiesOut(BaseModel):
    """All strategies by name."""

    items: list[StrategyOut]


@router.get("", responses=problems(401))
def list_all(_: Viewer) -> StrategiesOut:
    """List the strategies with their parameters."""
    return StrategiesOut(items=[StrategyOut.model_validate(STRATEGIES[name]) for name in sorted(STRATEGIES)])
