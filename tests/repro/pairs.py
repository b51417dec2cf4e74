"""A covering array: rows in which each two values of each two factors meet at least once.

    pairs.py FACTOR=VALUE,VALUE,... ...

prints a row a line, its values in the order of the factors, parted by blanks; with --check FILE in front it reads such rows
and ends with 1 when a pair is missing. Greedy: of the pairs not yet met the next row
begins with one and takes, factor by factor, the value that meets the most of them. The same each time.
"""
import itertools
import sys


def rows_of(factors):
    """factors: a list of lists of values."""
    places = [(i, k) for i, k in itertools.combinations(range(len(factors)), 2)]
    left = {(i, a, k, b) for i, k in places for a in range(len(factors[i])) for b in range(len(factors[k]))}
    while left:
        i, a, k, b = min(left)
        row = {i: a, k: b}
        for f in sorted(set(range(len(factors))) - {i, k}, key=lambda f: -len(factors[f])):
            row[f] = max(range(len(factors[f])), key=lambda v: (sum(pair(f, v, g, w) in left for g, w in row.items()), -v))
        left -= {pair(f, row[f], g, row[g]) for f, g in places}
        yield [factors[f][row[f]] for f in range(len(factors))]


def pair(f, v, g, w):
    return (f, v, g, w) if f < g else (g, w, f, v)


def missing(rows, factors):
    met = {(i, row[i], k, row[k]) for row in rows for i, k in itertools.combinations(range(len(factors)), 2)}
    return any((i, a, k, b) not in met for i, k in itertools.combinations(range(len(factors)), 2)
               for a in factors[i] for b in factors[k])


def main():
    words = sys.argv[1:]
    factors = [word.split("=", 1)[1].split(",") for word in (words[2:] if words[0] == "--check" else words)]
    if words[0] == "--check":
        with open(words[1], encoding="utf-8") as f:
            sys.exit(missing([line.split() for line in f], factors))
    for row in rows_of(factors):
        print(*row)


if __name__ == "__main__":
    main()
