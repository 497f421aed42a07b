"""What is pledged: fleets of accelerators, their sites, and how they are booked. Terms only."""

from instruments.assets.fleet import Accounting, Cohort, GpuFleet, Site

__all__ = ["Accounting", "Cohort", "GpuFleet", "Site"]
