"""`python -m tests.services install`: find or install the programs the tests need; start nothing."""

import argparse
import sys

from tests.services.packages import FOR_BENCHMARKS, FOR_TESTS, MissingProgram, install


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    parser.add_argument("verb", choices=["install"])
    parser.add_argument("--with-load-generator", action="store_true", help="wrk too, for the benchmarks")
    asked = parser.parse_args()
    try:
        install(FOR_TESTS + FOR_BENCHMARKS if asked.with_load_generator else FOR_TESTS)
    except MissingProgram as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
