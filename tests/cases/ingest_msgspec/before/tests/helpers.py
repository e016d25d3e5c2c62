from ingest.pipeline import Pipeline

SOURCE = {"topic": "clicks"}


def pipeline(source=SOURCE, batch=None, **sinks):
    return Pipeline({"source": source, "sinks": sinks, "batch": batch or {"size": 2}})


def sink(path, kind="file"):
    return dict(kind=kind, path=path)
