"""`python -m tests.services install`: find or install the programs the tests need; start nothing."""

import argparse
import sys

from tests.services.packages import FOR_BENCHMARKS, FOR_DRILLS, FOR_TESTS, MissingProgram, install


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    parser.add_argument("verb", choices=["install"])
    parser.add_argument("--with-load-generator", action="store_true", help="wrk too, for the benchmarks")
    parser.add_argument("--with-xerces", action="store_true", help="Java and Xerces too, for the drills")
    asked = parser.parse_args()
    try:
        wanted = (*FOR_TESTS, *(FOR_BENCHMARKS if asked.with_load_generator else ()))
        install((*wanted, *(FOR_DRILLS if asked.with_xerces else ())))
    except MissingProgram as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
