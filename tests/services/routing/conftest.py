"""Machine code is compiled, once for a clone, while tests are collected: no test's time limit runs there."""

from app.services.routing.improve import compile_improver

compile_improver()
