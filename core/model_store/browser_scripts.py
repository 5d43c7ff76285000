"""The two JavaScript libraries that BertViz's pictures load from the web, inside Python wheels.

From the package index they come the same way as everything else in the store: once, pinned, and
then without a network. Nothing is redistributed.
"""

from core.model_store.sources import CatalogEntry, WheelMember, WheelSource

JQUERY = "jquery"
D3 = "d3"


def _library(model_id: str, title: str, licence: str, source: WheelSource) -> CatalogEntry:
    """Describe a library that one wheel carries."""
    return CatalogEntry(
        model_id=model_id,
        title=title,
        purpose="Draws BertViz's pictures without a network",
        kind="browser_script",
        architecture="JavaScript",
        n_parameters=0,
        licence=licence,
        sources=(source,),
    )


BROWSER_SCRIPTS: tuple[CatalogEntry, ...] = (
    _library(
        JQUERY,
        "jQuery 3.7.1",
        "MIT",
        WheelSource(
            requirement="XStatic-jQuery==3.7.1.1",
            file_name="xstatic_jquery-3.7.1.1-py3-none-any.whl",
            n_bytes=306_360,
            sha256="c6e962abf95cbce1a732430eeadf5706fa829b57354db9f7297cc0d1a0007c67",
            members=(
                WheelMember(
                    "xstatic/pkg/jquery/data/jquery.min.js",
                    "jquery.min.js",
                    87_533,
                    "fc9a93dd241f6b045cbff0481cf4e1901becd0e12fb45166a8f17f95823f0b1a",
                ),
            ),
        ),
    ),
    _library(
        D3,
        "D3 5.7.0",
        "BSD-3-Clause",
        WheelSource(
            requirement="mpld3==0.5.12",
            file_name="mpld3-0.5.12-py3-none-any.whl",
            n_bytes=203_051,
            sha256="bea31799a4041029a906f53f2662bbf1c49903e0c0bc712b412354158ec7cf54",
            members=(
                WheelMember(
                    "mpld3/js/d3.v5.min.js",
                    "d3.v5.min.js",
                    237_682,
                    "bdad5585ef9a965ff25458738309b006058c55f2c78d794d25fbecae35014609",
                ),
            ),
        ),
    ),
)
