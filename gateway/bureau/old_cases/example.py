"""One closed paper case as a bureau's own system would write it; nobody in it exists."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXAMPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number": "示例协〔2019〕12号",
        "our_role": "home",
        "home_name": "示例市人力资源和社会保障局",
        "host_name": "另一示例市人力资源和社会保障局",
        "worker_name": "示例",
        "id_number": "11010519491231002X",
        "employer_name": "示例公司",
        "accident_on": "2019-03-01",
        "accident_place": "示例路1号",
        "asked": "核实事故时间、地点和经过",
        "delegated_on": "2019-04-02",
        "closed_on": "2019-06-30",
        "result": "FOUND",
        "result_text": "经过属实",
        "shelf_mark": "A区3架17号",
    }
)
