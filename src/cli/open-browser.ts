import { spawn } from 'node:child_process'

/** Opens `url` in the browser of whoever sits at this machine. False: there is nothing that could. */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  const [program, ...args] = launcherOf(platform)
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

function launcherOf(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open']
  // The first thing in quotes is the title of a window.
  if (platform === 'win32') return ['cmd', '/c', 'start', '""']
  return ['xdg-open']
}
