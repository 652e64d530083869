"""`syspark bench`: each part of the service measured beside its floor, the least any program with its effects costs."""
