"""One expert as a committee's own system would write it; nobody of it exists."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number": "示例-0017",
        "name": "示例",
        "title": "主任医师",
        "specialties": "骨科、整形外科",
        "employer": "示例医院",
        "appointed_from": "2026-01-01",
        "appointed_until": "2028-12-31",
        "active": "启用",
        "conflicts": "亲属:示例甲;单位:示例公司",
        "note": "周三可到",
    }
)
