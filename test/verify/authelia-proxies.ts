import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { freePort } from '../support/ports.ts'
import { startProgram } from '../support/proxy-process.ts'
import { createCertificate } from '../support/tls.ts'

/** Where a proxy finds what it stands before; all on 127.0.0.1. */
export interface Behind {
  readonly verifyPort: number
  readonly portalPort: number
  readonly appPort: number
}

/**
 * Starts nginx as an operator has set it up for Authelia 4.38 or later: a portal on `auth.example.com`, an app on
 * `app.example.com`, nothing of ours but the two ports. Gives its TLS port.
 */
export async function startAutheliaNginx(t: Cleanup, behind: Behind): Promise<number> {
  const folder = await temporaryDirectory(t)
  const port = await freePort()
  const certificate = await createCertificate(folder, ['auth.example.com', 'app.example.com'])
  writeFileSync(join(folder, 'nginx.conf'), configuration(behind, port, certificate))
  const directives = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-g', directives]
  await startProgram(t, { command: 'nginx', args, port, logFile: join(folder, 'error.log') })
  return port
}

/** The same with Caddy. */
export async function startAutheliaCaddy(t: Cleanup, behind: Behind): Promise<number> {
  const folder = await temporaryDirectory(t)
  const port = await freePort()
  const { certificatePath, keyPath } = await createCertificate(folder, ['auth.example.com', 'app.example.com'])
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, caddyfile(behind, port, `tls ${certificatePath} ${keyPath}`))
  const args = ['run', '--config', file, '--adapter', 'caddyfile']
  await startProgram(t, { command: 'caddy', args, env: { HOME: folder, XDG_DATA_HOME: folder }, port })
  return port
}

function caddyfile({ verifyPort, portalPort, appPort }: Behind, port: number, tls: string): string {
  return `
{
	admin off
	auto_https off
	default_bind 127.0.0.1
}
https://auth.example.com:${port} {
	${tls}
	reverse_proxy 127.0.0.1:${portalPort}
}
https://app.example.com:${port} {
	${tls}
	forward_auth 127.0.0.1:${verifyPort} {
		uri /api/authz/forward-auth
		copy_headers Remote-User Remote-Groups Remote-Email Remote-Name
	}
	reverse_proxy 127.0.0.1:${appPort}
}
`
}

function configuration(
  { verifyPort, portalPort, appPort }: Behind,
  port: number,
  { certificatePath, keyPath }: { certificatePath: string; keyPath: string },
): string {
  return `
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ssl_certificate ${certificatePath};
  ssl_certificate_key ${keyPath};
  server {
    listen 127.0.0.1:${port} ssl default_server;
    server_name _;
    return 421;
  }
  server {
    listen 127.0.0.1:${port} ssl;
    server_name auth.example.com;
    location / {
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_pass http://127.0.0.1:${portalPort};
    }
  }
  server {
    listen 127.0.0.1:${port} ssl;
    server_name app.example.com;
    location /internal/authelia/authz {
      internal;
      proxy_pass http://127.0.0.1:${verifyPort}/api/authz/auth-request;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Original-URL $scheme://$host$request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
      proxy_pass_request_body off;
      proxy_http_version 1.1;
    }
    location / {
      auth_request /internal/authelia/authz;
      auth_request_set $user $upstream_http_remote_user;
      auth_request_set $groups $upstream_http_remote_groups;
      auth_request_set $name $upstream_http_remote_name;
      auth_request_set $email $upstream_http_remote_email;
      proxy_set_header Remote-User $user;
      proxy_set_header Remote-Groups $groups;
      proxy_set_header Remote-Email $email;
      proxy_set_header Remote-Name $name;
      auth_request_set $redirection_url $upstream_http_location;
      error_page 401 =302 $redirection_url;
      proxy_set_header Host $host;
      proxy_pass http://127.0.0.1:${appPort};
    }
  }
}
`
}
