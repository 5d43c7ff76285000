"""Which models exist, where they come from, and how they are fetched, checked and loaded.

Read in this order:

- ``sources``, ``vocabularies``, ``catalog``: what there is, as data, every download pinned.
- ``disk``, ``store``: the folder on disk (``LLM_LABS_HOME``), its manifests and its checks.
- ``processes``, ``wheels``, ``hub``, ``conversion``: how a model gets here, watched and stoppable.
- ``fetching``: one source after the other, one process at a time, nothing half-made.
- ``memory``, ``loading``: does it fit, and a model ready to be looked at.
- ``__main__``: the same on the command line, ``python -m core.model_store --help``.

Only ``loading`` imports torch and transformers; a page may ask the catalog and the store freely.
"""
