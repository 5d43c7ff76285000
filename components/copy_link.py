"""A button that copies the page's address, which holds every setting of the lab."""

import streamlit as st

_HTML = """
<button type="button" id="copy" aria-live="polite">
  <span id="label">Copy link</span>
</button>
"""

_CSS = """
:host { display: block; text-align: right; }
button {
  font: inherit;
  font-size: 0.85rem;
  color: var(--st-text-color);
  background: transparent;
  border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
  padding: 0.2rem 0.7rem;
  cursor: pointer;
  white-space: nowrap;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
"""

_JS = """
// Outside https the clipboard API is closed, as in a workshop room: a selected field works there.
function copyByField(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.appendChild(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

export default function (component) {
  const root = component.parentElement;
  const label = root.querySelector("#label");
  root.querySelector("#copy").onclick = async () => {
    const address = window.location.href;
    let done = false;
    if (navigator.clipboard && window.isSecureContext) {
      done = await navigator.clipboard.writeText(address).then(() => true, () => false);
    }
    if (!done) done = copyByField(address);
    label.textContent = done ? "Link copied" : "Copy it from the address bar";
    setTimeout(() => { label.textContent = "Copy link"; }, 2000);
  };
}
"""

_COPY_LINK = st.components.v2.component("llm_labs_copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link(*, key: str) -> None:
    """Draw the button.

    Args:
        key: Widget key, unique in the app.
    """
    _COPY_LINK(key=key, height="content")
