"""A visitor without a browser, who speaks Streamlit's protocol, moves sliders, takes times."""

import time
from types import TracebackType

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class StreamlitClient:
    """One session of the app."""

    def __init__(self, host: str, *, page_name: str = "", query_string: str = "") -> None:
        """Prepare a visitor of ``ws://host`` who opens one page with one query string."""
        self._address = f"ws://{host}/_stcore/stream"
        self._page_name = page_name
        self._query_string = query_string
        self._page_script_hash = ""
        self._values: dict[str, float] = {}
        self.slider_ids: dict[str, str] = {}
        """Widget key to widget id of every slider seen."""
        self.exceptions: list[str] = []
        """Type and message of every error box seen."""
        self.page_not_found = False

    async def __aenter__(self) -> "StreamlitClient":
        self._socket = await websockets.connect(
            self._address, subprotocols=["streamlit"], max_size=None, open_timeout=30
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()

    async def open_page(self) -> float:
        """Run the page for the first time; return the seconds until it was finished."""
        return await self._rerun()

    async def move_slider(self, key: str, value: float) -> float:
        """Set a slider; return the seconds until the page was finished."""
        self._values[self.slider_ids[key]] = value
        return await self._rerun()

    async def _rerun(self) -> float:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query_string
        state.page_name = self._page_name
        state.page_script_hash = self._page_script_hash
        for widget_id, value in self._values.items():
            widget = state.widget_states.widgets.add()
            widget.id = widget_id
            widget.double_array_value.data.append(value)
        started = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        await self._read_until_finished()
        return time.perf_counter() - started

    async def _read_until_finished(self) -> None:
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self._socket.recv())
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._page_script_hash = message.navigation.page_script_hash
            elif kind == "page_not_found":
                self.page_not_found = True
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._notice(message.delta.new_element)
            elif kind == "script_finished" and message.script_finished in _FINISHED:
                return

    def _notice(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "slider":
            # A widget id ends with the key that the page gave it.
            self.slider_ids[element.slider.id.rsplit("-", 1)[-1]] = element.slider.id
        elif kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
