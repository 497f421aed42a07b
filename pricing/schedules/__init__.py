"""From terms to resolved arrays: payment dates, accruals, planned flows. Pure functions of terms and conventions."""
