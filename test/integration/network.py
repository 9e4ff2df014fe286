# SPDX-License-Identifier: Apache-2.0
"""Local networks and the command line, as a user has them: programs, folders, ports."""
import atexit
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

WALRUS = ''  # the program under test; set by run.py
SCRATCH = ''  # folder of this run; set by run.py
_running = []  # networks to stop when the run ends early


def scratch(name):
    """A new folder of this run."""
    return tempfile.mkdtemp(prefix=name + '-', dir=SCRATCH)


def wait_until(condition, what, timeout=30.0, pause=0.02):
    """Polls until `condition` gives something true, and returns it."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'not within {timeout:g} s: {what}')
        time.sleep(pause)


def alive(pid):
    """Does the process run (a zombie does not)? As long as one of its threads does, its files are
    open and its locks held, also when the first thread has ended."""
    try:
        threads = os.listdir(f'/proc/{pid}/task')
    except OSError:
        return False
    for thread in threads:
        try:
            with open(f'/proc/{pid}/task/{thread}/stat') as stat:
                if stat.read().rsplit(')', 1)[1].split()[0] not in 'ZX':
                    return True
        except OSError:
            continue
    return False


def write_random(path, size, seed=None):
    """A file of `size` bytes; returns its path."""
    source = random.Random(seed) if seed is not None else None
    with open(path, 'wb') as out:
        left = size
        while left > 0:
            piece = min(left, 1 << 20)
            out.write(source.randbytes(piece) if source else os.urandom(piece))
            left -= piece
    return path


def sha256(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for piece in iter(lambda: file.read(1 << 20), b''):
            digest.update(piece)
    return digest.hexdigest()


def allocated(folder):
    """Apparent and allocated bytes of all files below a folder."""
    apparent = used = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(root, name))
            except FileNotFoundError:
                continue
            apparent += status.st_size
            used += status.st_blocks * 512
    return apparent, used


class Outcome:
    """How a command ended."""

    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The error of --json."""
        return json.loads(self.err or self.out)['error']

    def __str__(self):
        return (f'walrus {" ".join(self.arguments)}\n  exit code {self.code}\n'
                f'  out: {self.out[-1500:]!r}\n  err: {self.err[-1500:]!r}')


class Client:
    """A user: a home with a wallet (or the network's funded key), and the network to use."""

    def __init__(self, network=None, wallet=False, config=None, home=None):
        self.home = home or scratch('client')
        self.options = []
        if config:
            self.options += ['--config', config]
        elif network:
            self.options += ['--network', os.path.join(network.home, 'network.json')]
        if wallet:
            self.options += ['--wallet', os.path.join(self.home, 'wallet.json')]

    def environment(self, extra=None):
        env = {'PATH': os.environ['PATH'], 'HOME': self.home, 'WALRUS_HOME': self.home,
               'LC_ALL': 'C'}
        for name in ('WALRUS_LOG', 'WALRUS_SIMD', 'ASAN_OPTIONS', 'TSAN_OPTIONS'):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(extra or {})
        return env

    def start(self, *arguments, env=None, json=True, prefix=(), **popen):
        """The running command."""
        arguments = [str(a) for a in arguments]
        command = [*prefix, WALRUS, *arguments, *self.options] + (['--json'] if json else [])
        popen.setdefault('stdin', subprocess.DEVNULL)
        popen.setdefault('stdout', subprocess.PIPE)
        popen.setdefault('stderr', subprocess.PIPE)
        popen.setdefault('cwd', self.home if os.path.isdir(self.home) else SCRATCH)
        process = subprocess.Popen(command, env=self.environment(env), **popen)
        process.arguments = arguments
        return process

    @staticmethod
    def finish(process, timeout=120):
        """Waits for a started command."""
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f'no end within {timeout} s: '
                                 f'{Outcome(process.arguments, None, str(out), str(err))}') from None
        decode = lambda data: (data or b'').decode('utf-8', 'replace')
        return Outcome(process.arguments, process.returncode, decode(out), decode(err))

    def run(self, *arguments, timeout=120, **options):
        """Runs a command to its end, whatever that is."""
        return self.finish(self.start(*arguments, **options), timeout)

    def good(self, *arguments, **options):
        """Runs a command that must succeed."""
        outcome = self.run(*arguments, **options)
        if outcome.code != 0:
            raise AssertionError(str(outcome))
        return outcome

    # -- what tests do often

    def store(self, *arguments, epochs=1, **options):
        """Stores files; the result of the first one, flat."""
        outcome = self.good('store', *arguments, '--epochs', epochs, **options)
        return stored(outcome.json[0])

    def read(self, blob_id, **options):
        """Reads a blob into a new file: its path and the report."""
        path = os.path.join(scratch('read'), 'blob')
        return path, self.good('read', blob_id, '--out', path, **options).json

    def balance(self):
        return self.good('wallet', 'balance').json['wal']

    def register_only(self, path, *options, epochs=1):
        """Registers a file's blob and stops there: its Blob object as `list-blobs` shows it."""
        self.interrupt('register-answered', path, *options, epochs=epochs)
        blob_id = self.good('blob-id', path).json['blobId']
        return next(b for b in self.good('list-blobs').json if b['blobId'] == blob_id)

    def interrupt(self, point, path, *options, epochs=1):
        """A store whose process is killed at a point (docs/testing.md)."""
        outcome = self.run('store', path, '--epochs', epochs, *options,
                           env={'WALRUS_TEST_KILL_AT': point})
        assert outcome.code == -signal.SIGKILL, outcome

    def fund(self):
        """A wallet with a key of its own, and money."""
        self.good('wallet', 'new')
        self.good('wallet', 'fund')
        return self


def stored(entry):
    """One file's entry of `store --json`, flat."""
    result = entry['blobStoreResult']
    out = {'report': entry.get('report'), 'path': entry['path']}
    if 'newlyCreated' in result:
        blob = result['newlyCreated']['blobObject']
        out.update(kind='new', blob_id=blob['blobId'], object=blob['id'], size=blob['size'],
                   cost=result['newlyCreated']['cost'],
                   operation=next(iter(result['newlyCreated']['resourceOperation'])), blob=blob)
    elif 'alreadyCertified' in result:
        blob = result['alreadyCertified']
        out.update(kind='certified', blob_id=blob['blobId'], object=blob['object'], cost=0)
    else:
        out.update(kind='error', **result['error'])
    return out


class Encoded:
    """A file encoded offline: what goes to storage nodes."""

    def __init__(self, path, shards):
        self.source = path
        self.folder = scratch('encoded')
        outcome = Client().good('codec', 'encode', path, '--shards', shards, '--out', self.folder)
        self.blob_id = outcome.json['blobId']
        with open(os.path.join(self.folder, 'metadata.bcs'), 'rb') as file:
            self.metadata = file.read()[32:]

    def sliver(self, pair, axis):
        with open(os.path.join(self.folder, axis, f'{pair:05}.bcs'), 'rb') as file:
            return file.read()

    def path(self, pair, axis):
        return f'/v1/blobs/{self.blob_id}/slivers/{pair}/{axis}'

    @property
    def metadata_path(self):
        return f'/v1/blobs/{self.blob_id}/metadata'


def free_port_base(count):
    """First of `count` free ports below the range that outgoing connections get."""
    chooser = random.Random()
    for _ in range(200):
        base = chooser.randrange(12000, 31000)
        taken = False
        for port in range(base, base + count):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(('127.0.0.1', port))
                except OSError:
                    taken = True
                    break
        if not taken:
            return base
    raise AssertionError('no free ports')


class Network:
    """A local network in a folder of its own."""

    def __init__(self, nodes=10, shards=100, processes=False, home=None, port_base=None,
                 epoch_duration=None):
        self.nodes, self.shards, self.processes = nodes, shards, processes
        self.epoch_duration = epoch_duration
        self.home = home or os.path.join(scratch('net'), 'home')
        self.port_base = free_port_base(nodes + 1) if port_base is None else port_base
        self.created = os.path.exists(os.path.join(self.home, 'localnet.yaml'))
        self.own = {}  # roles that a test runs itself: name -> Popen
        self.file = None
        self.seconds_to_ready = None
        self.admin = Client(home=scratch('admin'))

    def start(self):
        arguments = ['up', '--background', '--home', self.home]
        if not self.created:
            arguments += ['--nodes', self.nodes, '--shards', self.shards, '--port-base',
                          self.port_base]
            if self.epoch_duration:
                arguments += ['--epoch-duration', self.epoch_duration]
        if self.processes:
            arguments.append('--processes')
        begin = time.monotonic()
        outcome = self.admin.good(*arguments)
        self.seconds_to_ready = time.monotonic() - begin
        self.created = True
        self.file = outcome.json
        _running.append(self)
        return self

    def stop(self, must_work=True):
        for name in list(self.own):
            self.stop_own(name)
        outcome = self.admin.run('down', '--home', self.home)
        if self in _running:
            _running.remove(self)
        if outcome.code != 0:
            self.kill_everything()
        if must_work and outcome.code != 0:
            raise AssertionError(str(outcome))
        return outcome

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def kill_everything(self):
        pids = {self.file['ledger_pid'], *(node['pid'] for node in self.file['nodes'])}
        try:
            with open(os.path.join(self.home, 'pid')) as file:
                pids.add(int(file.read()))
        except (OSError, ValueError):
            pass
        for pid in pids:
            if self.is_ours(pid):
                os.kill(pid, signal.SIGKILL)

    def is_ours(self, pid, directory=None):
        """Is it a process of this network (of the role in `directory`)?"""
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                return (directory or self.home).encode() in file.read()
        except OSError:
            return False

    # -- where things are

    @property
    def up_pid(self):
        with open(os.path.join(self.home, 'pid')) as file:
            return int(file.read())

    @property
    def ledger_port(self):
        return int(self.file['rpc_url'].rsplit(':', 1)[1])

    def node_port(self, index):
        return int(self.file['nodes'][index]['url'].rsplit(':', 1)[1])

    def directory(self, role):
        """role: 'ledger' or the index of a node."""
        return os.path.join(self.home, role if role == 'ledger' else f'node-{role:02}')

    def port(self, role):
        return self.ledger_port if role == 'ledger' else self.node_port(role)

    def configuration(self, role):
        return os.path.join(self.directory(role), 'ledger.yaml' if role == 'ledger' else 'node.yaml')

    def configure(self, role, **values):
        """Changes settings of a role's file; returns the text that was there."""
        path = self.configuration(role)
        with open(path) as file:
            before = file.read()
        text = before
        for key, value in values.items():
            text, count = re.subn(rf'(?m)^{key}: .*$', f'{key}: {value}', text)
            assert count == 1, (path, key)
        with open(path, 'w') as file:
            file.write(text)
        return before

    def restore(self, role, text):
        with open(self.configuration(role), 'w') as file:
            file.write(text)

    def client_config(self, scheme='https', rpc_url=None):
        """A client configuration of this network in the reference's form."""
        path = os.path.join(scratch('config'), 'client_config.yaml')
        with open(path, 'w') as file:
            file.write(f'system_object: {self.file["system_object_id"]}\n'
                       f'staking_object: {self.file["staking_object_id"]}\n'
                       f'rpc_urls:\n  - {rpc_url or self.file["rpc_url"]}\n'
                       f'communication_config:\n  storage_node_url_scheme: {scheme}\n')
        return path

    def network_file(self, **changes):
        """A changed copy of network.json."""
        path = os.path.join(scratch('network'), 'network.json')
        with open(path, 'w') as file:
            json.dump({**self.file, **changes}, file)
        return path

    def client(self, **options):
        return Client(self, **options)

    # -- single roles (with processes)

    def pid(self, role):
        if role in self.own:
            return self.own[role].walrus_pid
        return self.file['ledger_pid'] if role == 'ledger' else self.file['nodes'][role]['pid']

    def signal(self, role, number):
        assert self.processes, 'roles of one process cannot be signalled alone'
        os.kill(self.pid(role), number)

    def kill(self, role):
        """kill -9, and wait for the end."""
        pid = self.pid(role)
        self.signal(role, signal.SIGKILL)
        wait_until(lambda: not alive(pid), f'{role} is dead', 10)
        if role in self.own:
            self.own.pop(role).wait(20)

    def run_role(self, role, prefix=(), wait=True, insecure=True, **popen):
        """Runs a role that does not run, as an operator would."""
        # The number of a process that ended long ago may belong to another one.
        assert not (alive(self.pid(role)) and self.is_ours(self.pid(role), self.directory(role))), \
            f'{role} still runs'
        kind = 'ledger' if role == 'ledger' else 'node'
        command = [*prefix, WALRUS, kind, 'run', '--home', self.directory(role)]
        if kind == 'node' and insecure:
            command.append('--insecure-http')
        with open(os.path.join(self.directory(role), 'log'), 'a') as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=self.admin.environment(), **popen)
        process.walrus_pid = process.pid
        self.own[role] = process
        if wait:
            self.wait_ready(role)
        if prefix:
            child = children_of(process.pid)
            process.walrus_pid = child[0] if child else process.pid
        return process

    def stop_own(self, role):
        process = self.own.pop(role)
        if alive(process.walrus_pid):
            os.kill(process.walrus_pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.kill(process.walrus_pid, signal.SIGKILL)
            process.wait(20)

    def restart(self, role, **options):
        """Stops a role, however it runs, and runs it again."""
        self.halt(role)
        return self.run_role(role, **options)

    def halt(self, role):
        """SIGTERM, and wait for the end."""
        if role in self.own:
            self.stop_own(role)
            return
        pid = self.pid(role)
        if alive(pid):
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not alive(pid), f'{role} has stopped', 20)

    def wait_ready(self, role, timeout=30):
        wait_until(lambda: self.is_ready(role), f'{role} is ready', timeout)

    def is_ready(self, role):
        process = self.own.get(role)
        if process is not None and process.poll() is not None:
            raise AssertionError(f'{role} ended with {process.returncode}: {self.log_tail(role)}')
        health = self.health(role)
        if health is None:
            return False
        return health.get('status') == 'ok' if role == 'ledger' else \
            health.get('nodeStatus') == 'Active'

    def health(self, role, port=None):
        path = '/health' if role == 'ledger' else '/v1/health'
        try:
            status, _, body = call(port or self.port(role), 'GET', path, timeout=5)
        except OSError:
            return None
        if status != 200:
            return None
        document = json.loads(body)
        return document if role == 'ledger' else document['success']['data']

    def log_tail(self, role):
        try:
            with open(os.path.join(self.directory(role), 'log'), 'rb') as file:
                return file.read()[-2000:].decode('utf-8', 'replace')
        except OSError:
            return ''

    # -- what nodes hold

    def pairs_of(self, role, blob_id):
        """The pair indices whose slivers belong to a node."""
        connection = http.client.HTTPConnection('127.0.0.1', self.node_port(role), timeout=20)
        out = []
        for pair in range(self.shards):
            connection.request('GET', f'/v1/blobs/{blob_id}/slivers/{pair}/primary/status')
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200 or b'SHARD_NOT_ASSIGNED' not in body:
                out.append(pair)
        connection.close()
        return out


def children_of(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def call(port, method, path, body=None, headers=None, timeout=30):
    """One plain HTTP call on 127.0.0.1: status, headers, body."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def _stop_all():
    for network in list(_running):
        network.stop(must_work=False)


atexit.register(_stop_all)
