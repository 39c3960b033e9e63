"""QuickBooks Online, Accounting API v3 (minor version 75), as Intuit documents it."""
