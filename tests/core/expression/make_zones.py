"""Pack the IANA time zone database for the expression language: ``python make_zones.py TZDATA_WHEEL``.

The wheel is PyPI's ``tzdata``. The result is byte-for-byte the same for the same wheel.
"""

import json
import sys
import zipfile
import zlib
from pathlib import Path

TARGET = Path(__file__).parents[3] / "core/src/actum_core/expression/zones.bin"
PREFIX = "tzdata/zoneinfo/"


def pack(wheel: Path) -> bytes:
    """One compressed file: a line of JSON with each zone's place and length, then the distinct TZif data."""
    places: dict[str, list[int]] = {}
    known: dict[bytes, int] = {}
    content = bytearray()
    with zipfile.ZipFile(wheel) as archive:
        for path in sorted(archive.namelist()):
            data = archive.read(path)
            if not path.startswith(PREFIX) or not data.startswith(b"TZif"):
                continue
            if data not in known:
                known[data] = len(content)
                content += data
            places[path.removeprefix(PREFIX)] = [known[data], len(data)]
    index = json.dumps(places, separators=(",", ":"), sort_keys=True).encode()
    return zlib.compress(index + b"\n" + bytes(content), level=9)


if __name__ == "__main__":
    TARGET.write_bytes(pack(Path(sys.argv[1])))
