from ingest.config import Batch, Config, Sink, Source
from ingest.pipeline import Pipeline

SOURCE = Source(topic="clicks")


def pipeline(source=SOURCE, batch=None, **sinks):
    return Pipeline(Config(source=source, sinks=sinks, batch=batch or Batch(size=2)))


def sink(path, kind="file"):
    return Sink(kind=kind, path=path)
