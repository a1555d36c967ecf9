"""Shows, live, what runs inside gVisor sandboxes."""

import os

__version__ = "0.1.0"

# numpy's linear algebra, which nothing here uses, would start threads that spin for a while.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
