"""The word of ld.so beside ours: undefined symbols and missing versions of each file, object by object.

verify.py MKSCRATCH LOADER FILE...      prints a line for each difference, then the counts.
ld.so, told to trace and to warn, says what it would say at start, and with LD_BIND_NOW what every call would."""
import json
import os
import re
import subprocess
import sys

UNDEFINED = re.compile(r'(?:symbol lookup error: )?undefined symbol: (\S+?)(?:, version (\S+))?\s*\((.*)\)$')
VERSION = re.compile(r"(.*?): (\S+): (weak version|version) `(.*)' not found \(required by (.*)\)$")
UNVERSIONED = re.compile(r'(.*?): (\S+): no version information available \(required by (.*)\)$')

RELR = re.compile(r'.*: error while loading shared libraries: (.*): DT_RELR without GLIBC_ABI_DT_RELR dependency$')
ASSERTION = re.compile(r'Inconsistency detected by ld\.so: .*: Assertion .* failed!$')


def trace(loader, path, **env):
    env = dict(LD_TRACE_LOADED_OBJECTS='1', LD_WARN='1', **env)
    done = subprocess.run([loader, path], env=env, capture_output=True, text=True, errors='replace', check=False)
    return done.stdout, done.stderr


def theirs(loader, path):
    """{(kind, object, what)}, or None where the loader does not come to it."""
    out, err = trace(loader, path, LD_BIND_NOW='1')
    if '=> not found' in out:
        return None
    now = {line for line in trace(loader, path)[1].splitlines() if 'undefined symbol' in line}
    said = set()
    for line in err.splitlines():
        if m := UNDEFINED.match(line):
            when = 'data' if line in now else 'call'
            said.add((when, m[3], m[1] + ('@' + m[2] if m[2] else '')))
        elif m := VERSION.match(line):
            said.add((m[3], m[5], m[4] + ' ' + m[2]))
        elif m := RELR.match(line):
            said.add(('relr', m[1], ''))
        elif ASSERTION.match(line):
            said.add(('assertion', path, ''))
        elif m := UNVERSIONED.match(line):
            said.add(('none', m[3], m[2]))
        else:
            said.add(('other', '', line))
    return said


def ours(path, report):
    said = set()
    for f in report['findings']:
        who = path if f['object'] == report['file'] else f['object']
        if f['kind'] == 'symbol':
            when = 'call' if f['text'].startswith('calls ') else 'data'
            said |= {(when, who, s) for s in f['symbols']}
        elif f['kind'] == 'version':
            if m := re.match(r'(needs|asks for) version (\S+) of \S+, which (\S+) does not have', f['text']):
                said.add(('version' if m[1] == 'needs' else 'weak version', who, m[2] + ' ' + m[3]))
            else:
                said.add(('assertion', who, ''))
        elif f['kind'] == 'no-versions':
            m = re.search(r'but (\S+) has no versions', f['text'])
            said.add(('none', who, m[1]) if m else ('assertion', who, ''))
        elif f['kind'] == 'relr':
            said.add(('relr', who, ''))
    return said


def reports(program, paths):
    for i in range(0, len(paths), 100):
        done = subprocess.run([program, 'deps', '--json', *paths[i:i + 100]], capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            report = json.loads(line)
            yield report['file'], report


def main(program, loader, *paths):
    compared = complaints = incomplete = differ = 0
    for path, report in reports(program, sorted({os.path.realpath(p) for p in paths})):
        known = theirs(loader, path) if not report['missing'] else None
        if known is None:
            incomplete += 1
            continue
        mine = ours(path, report)
        # Having stumbled, ld.so says no more.
        if any(fact[0] == 'assertion' for fact in known):
            known, mine = ({fact for fact in facts if fact[0] == 'assertion'} for facts in (known, mine))
        compared += 1
        complaints += len(known)
        for who, only in ('ld.so', known - mine), ('mkscratch', mine - known):
            for fact in sorted(only)[:5]:
                differ += 1
                print(f'# {path}: only {who}: {fact}')
    print(f'# {compared} files compared, {complaints} complaints of ld.so, {incomplete} left out as it does not load them')
    print(f'{compared} {complaints} {differ}')


if __name__ == '__main__':
    main(*sys.argv[1:])
