"""All computing of the labs, in the rooms of the learning guide; no Streamlit, no drawing."""
