"""Arrays in, charts out; no Streamlit here."""
