"""Capability `crm`: whom we work for, and what was agreed."""
