import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeCommand } from './packed.ts'

/** What a container would be started with. */
export interface Container {
  /** What the image adds to its base, from `/usr` on. */
  readonly added: string
  readonly data: string
  /** Laid over the program's packages, where the image was built without them. */
  readonly packages: string | null
  readonly env: Readonly<Record<string, string>>
  readonly user: string
}

/**
 * Writes a command that runs its arguments as the image would: on a read-only root which is this machine's with the
 * image's files over it, as that user, with nothing to write but /data and /tmp.
 * @returns null where this user may not mount
 */
export function writeChroot(folder: string, container: Container): string | null {
  const root = join(folder, 'root')
  mkdirSync(root, { recursive: true })
  const command = writeCommand(join(folder, 'in-container'), [
    '[ "$1" = mounted ] || exec unshare --mount --propagation private "$0" mounted "$@"',
    'shift',
    'set -e',
    ...mountLines(root, container),
    `cd ${root}`,
    `exec chroot ${root} /usr/bin/setpriv --reuid=${container.user.split(':')[0]} --regid=${container.user.split(':')[1]} \\`,
    `  --clear-groups --no-new-privs --bounding-set=-all /usr/bin/env ${settings(container.env)} "$@"`,
  ])
  const tried = spawnSync(command, ['/usr/bin/true'])
  if (tried.status === 0) return command
  rmSync(command)
  return null
}

function mountLines(root: string, { added, data, packages }: Container): string[] {
  return [
    `mount -t tmpfs tmpfs ${root}`,
    `mkdir ${['usr', 'etc', 'proc', 'dev', 'tmp', 'data'].map((name) => join(root, name)).join(' ')}`,
    'for name in bin sbin lib lib64; do',
    `  if [ -L /$name ]; then ln -s usr/$name ${root}/$name; else mkdir ${root}/$name && mount --bind /$name ${root}/$name; fi`,
    'done',
    `mount -t overlay overlay -o ro,lowerdir=${added}/usr:/usr ${root}/usr`,
    ...(packages === null ? [] : [`mount --bind ${packages} ${root}/usr/lib/postern/node_modules`]),
    `mount --bind /etc ${root}/etc && mount -o remount,ro,bind ${root}/etc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -t proc proc ${root}/proc`,
    `mount -t tmpfs -o mode=1777 tmpfs ${root}/tmp`,
    `mount --bind ${data} ${root}/data`,
    `mount -o remount,ro,bind ${root}`,
  ]
}

function settings(env: Container['env']): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
