"""``/api/v1/datasets``: the prices there are."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.prices.datasets import available
from app.requests.openapi import problems
from app.security.access import Viewer

router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"])


class DatasetOut(BaseModel):
    """A series of daily prices."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["wti-daily"])
    rows: int = Field(description="How many prices; 0 when the file is not valid.")
    first: str = Field(description="First day; empty when the file is not valid.", examples=["1986-01-02"])
    last: str
    unit: str
    non_positive_rows: int = Field(description="Prices that are zero or negative; they count as they are.")
    error: str | None = Field(description="Why it cannot be used; null when it can.")


class DatasetsOut(BaseModel):
    """All datasets by name."""

    items: list[DatasetOut]


@router.get("", responses=problems(401))
def list_all(request: Request, _: Viewer) -> DatasetsOut:
    """List the datasets: the shipped ones, and CSV files put into the data directory's datasets folder."""
    data_dir = request.app.state.settings.data_dir
    return DatasetsOut(items=[DatasetOut.model_validate(dataset) for dataset in available(data_dir)])
