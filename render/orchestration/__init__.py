"""Airflow operators: each calls one step of :mod:`render.pipeline` and hands on ids and URIs only.

Importing this package pulls in nothing heavier than Airflow's task SDK and the settings, since the DAG processor and
the triggerer do so again and again; everything else is imported when a task runs.
"""
