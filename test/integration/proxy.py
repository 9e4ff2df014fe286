# SPDX-License-Identifier: Apache-2.0
"""Things between a client and its server: an HTTP proxy that may look, change, hold and answer by
itself, and a TCP server that answers whatever it likes. Both can speak TLS with a node's own key."""
import http.client
import http.server
import os
import socket
import socketserver
import ssl
import subprocess
import threading

from network import scratch

HOP_BY_HOP = {'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'host', 'te'}


def tls_of_node(node_directory, port):
    """A server's TLS context with the key and the certificate of the node that listens on `port`:
    what a dishonest operator would use."""
    certificate = os.path.join(scratch('tls'), 'certificate.pem')
    with open(certificate, 'w') as file:
        file.write(ssl.get_server_certificate(('127.0.0.1', port)))
    return _server_context(certificate, os.path.join(node_directory, 'network.pem'))


def new_network_key(path):
    subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-out', path], check=True, capture_output=True)


def tls_of_stranger():
    """A server's TLS context with a key that no ledger knows."""
    folder = scratch('tls')
    key, certificate = os.path.join(folder, 'key.pem'), os.path.join(folder, 'certificate.pem')
    new_network_key(key)
    subprocess.run(['openssl', 'req', '-x509', '-new', '-key', key, '-subj', '/CN=127.0.0.1',
                    '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-out', certificate],
                   check=True, capture_output=True)
    return _server_context(certificate, key)


def _server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def json_answer(status, text):
    return Answer(status, {'Content-Type': 'application/json'}, text.encode())


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, handler, tls):
        self.tls = tls
        self.connections = set()
        super().__init__(('127.0.0.1', port), handler)

    def process_request_thread(self, request, client_address):
        self.connections.add(request)
        try:
            if self.tls:
                request.settimeout(20)
                request = self.tls.wrap_socket(request, server_side=True)
                self.connections.add(request)
                request.settimeout(None)
            self.finish_request(request, client_address)
        except OSError:
            pass
        finally:
            self.connections.discard(request)
            try:
                self.shutdown_request(request)
            except OSError:
                pass

    def handle_error(self, request, client_address):
        pass


class _Base:
    """Context manager around a server thread."""

    def __init__(self, handler, port, tls):
        self.server = _Server(port, handler, tls)
        self.port = self.server.server_address[1]
        self.url = f'http://127.0.0.1:{self.port}'
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05},
                                       daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.server.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class HttpProxy(_Base):
    """Forwards to 127.0.0.1:upstream.

    on_request(request) -> None to forward it (it may be changed in place), or an Answer.
    on_answer(request, answer): may change the answer in place.
    on_frame(flag, payload) -> list of (flag, payload): for the frames of block streams.
    """

    def __init__(self, upstream, port=0, tls=None, on_request=None, on_answer=None, on_frame=None):
        self.upstream = upstream
        self.on_request = on_request or (lambda request: None)
        self.on_answer = on_answer or (lambda request, answer: None)
        self.on_frame = on_frame
        self.requests = []
        super().__init__(self._handler(), port, tls)

    def _handler(proxy):  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def body(self):
                if 'chunked' in self.headers.get('Transfer-Encoding', '').lower():
                    out = b''
                    while size := int(self.rfile.readline().split(b';')[0], 16):
                        out += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                    return out
                return self.rfile.read(int(self.headers.get('Content-Length', 0)))

            def serve(self):
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                request = Request(self.command, self.path, headers, self.body())
                proxy.requests.append(request)
                answer = proxy.on_request(request)
                if answer is not None:
                    return self.reply(answer)
                upstream = http.client.HTTPConnection('127.0.0.1', proxy.upstream, timeout=60)
                try:
                    upstream.request(request.method, request.path, request.body, request.headers)
                    got = upstream.getresponse()
                    headers = {k: v for k, v in got.getheaders() if k.lower() not in HOP_BY_HOP}
                    if proxy.on_frame and 'StreamBlocks' in request.path:
                        upstream.sock.settimeout(None)
                        return self.stream(got, headers)
                    answer = Answer(got.status, headers, got.read())
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                    return None
                finally:
                    upstream.close()
                proxy.on_answer(request, answer)
                return self.reply(answer)

            def reply(self, answer):
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(answer.body)))
                self.end_headers()
                if self.command != 'HEAD':
                    self.wfile.write(answer.body)

            def stream(self, got, headers):
                self.close_connection = True
                self.send_response_only(got.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header('Transfer-Encoding', 'chunked')
                self.end_headers()
                buffer = b''
                while piece := got.read1(1 << 16):
                    buffer += piece
                    out = b''
                    while len(buffer) >= 5 and len(buffer) >= 5 + int.from_bytes(buffer[1:5], 'big'):
                        end = 5 + int.from_bytes(buffer[1:5], 'big')
                        for flag, payload in proxy.on_frame(buffer[0], buffer[5:end]):
                            out += bytes([flag]) + len(payload).to_bytes(4, 'big') + payload
                        buffer = buffer[end:]
                    if out:
                        self.wfile.write(b'%x\r\n%s\r\n' % (len(out), out))
                        self.wfile.flush()
                self.wfile.write(b'0\r\n\r\n')

            do_GET = do_PUT = do_POST = do_HEAD = do_OPTIONS = serve

        return Handler


class GarbageServer(_Base):
    """Answers every first bytes of a connection with `garbage`, and closes."""

    def __init__(self, port, garbage, tls=None):
        self.served = 0

        class Handler(socketserver.BaseRequestHandler):
            def handle(handler):  # noqa: N805
                if handler.request.recv(1 << 16):
                    self.served += 1
                    handler.request.sendall(garbage)

        super().__init__(Handler, port, tls)
