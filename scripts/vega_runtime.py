"""Make the script that the interactive page carries: Vega, Vega-Lite and Vega-Embed as vl-convert bundles them.

    .venv/bin/python scripts/vega_runtime.py        after a new version of vl-convert

Bundling takes two seconds of each process; the result is the same each time, so it lies in the package. A test makes it again.
"""

from __future__ import annotations

import gzip
from pathlib import Path

PATH = Path(__file__).resolve().parents[1] / "src" / "callback_survey" / "documents" / "companion" / "vega.js.gz"
# The page shows neither the link to Vega's editor nor the message that names an issue; without them, the file names
# no address that anybody could visit.
_ADDRESSES = {"https://vega.github.io/editor/": "", "https://github.com/vega/vega-lite/issues/2415": "issue 2415"}


def runtime() -> str:
    import vl_convert

    script = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    for address, instead in _ADDRESSES.items():
        script = script.replace(address, instead)
    # the script stands inside a script element
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


if __name__ == "__main__":
    PATH.write_bytes(gzip.compress(runtime().encode(), 9, mtime=0))
    print(f"{PATH}: {PATH.stat().st_size:,} bytes")
