"""The composition root: joins session, models and views; the only place that knows them all."""
