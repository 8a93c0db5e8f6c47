import { spawn } from 'node:child_process'

/** A launcher that finds no browser has said so by then; one that stays has become the browser. */
const FAILS_WITHIN = 2000

/** Opens `url` in the browser of whoever sits at this machine. False: there is nothing that could. */
export async function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  for (const launcher of launchersOf(platform)) if (await launch(launcher, url)) return true
  return false
}

function launch([program = '', ...args]: readonly string[], url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' })
    const tell = (isOpen: boolean) => {
      clearTimeout(timer)
      resolve(isOpen)
    }
    // Of a launcher that has ended while this process stood still is heard first.
    const timer = setTimeout(() => setImmediate(tell, true), FAILS_WITHIN)
    child.once('error', () => tell(false))
    child.once('exit', (code) => tell(code === 0))
    child.unref()
  })
}

function launchersOf(platform: NodeJS.Platform): readonly (readonly string[])[] {
  if (platform === 'darwin') return [['open']]
  // The first thing in quotes is the title of a window.
  if (platform === 'win32') return [['cmd', '/c', 'start', '""']]
  // Consoles of other machines, as of editors and containers, name here what reaches the person's own browser.
  const named = (process.env.BROWSER ?? '').split(':').filter(Boolean)
  return [...named.map((command) => command.split(' ').filter((word) => word !== '%s')), ['xdg-open']]
}
