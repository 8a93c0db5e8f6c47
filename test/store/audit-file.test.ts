import { appendFile, mkdir, readdir, readFile, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AuditEntry, AuditFilter } from '../../src/domain/audit.ts'
import { AuditFile, followAudit, readAudit } from '../../src/store/audit-file.ts'
import { searchAudit } from '../../src/store/audit-search.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'

function entry(number: number, padding = 0): AuditEntry {
  return { at: '2026-01-01T00:00:00.000Z', event: 'admit', by: 'client', message: `${number}${'.'.repeat(padding)}` }
}

const numbersOf = (entries: readonly AuditEntry[]) => entries.map(({ message }) => Number.parseInt(message ?? '', 10))
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)

async function anAudit(directory: string, onError: (error: Error) => void = failLoudly): Promise<AuditFile> {
  const audit = new AuditFile(directory, onError)
  onTestFinished(() => audit.close())
  return audit
}

function failLoudly(error: Error): void {
  throw error
}

async function read(directory: string, limit?: number): Promise<number[]> {
  const entries: AuditEntry[] = []
  for await (const found of readAudit(directory, limit === undefined ? {} : { limit })) entries.push(found)
  return numbersOf(entries)
}

describe('the audit', () => {
  it('holds what was appended, for its owner alone', async () => {
    const directory = await temporaryDirectory()
    const audit = await anAudit(directory)
    for (const number of upTo(5)) audit.append(entry(number))
    await audit.flush()
    expect(await read(directory)).toEqual(upTo(5))
    expect(await read(directory, 2)).toEqual([3, 4])
    expect(await read(directory, 0)).toEqual([])
    expect((await stat(join(directory, 'audit.ndjson'))).mode & 0o777).toBe(0o600)
  })

  it('goes on in a new file after 16 MiB, and is read and followed across it', async () => {
    const directory = await temporaryDirectory()
    const audit = await anAudit(directory)
    const stop = new AbortController()
    const followed: AuditEntry[] = []
    const following = (async () => {
      for await (const found of followAudit(directory, stop.signal)) {
        followed.push(found)
        if (numbersOf([found])[0] === 39) stop.abort()
      }
    })()
    await eventually(async () => {
      audit.append(entry(-1))
      await audit.flush()
      return followed.length > 0 || undefined
    })
    for (const number of upTo(40)) {
      audit.append(entry(number, 1 << 19))
      await audit.flush()
    }
    await following
    const isOfThem = (number: number) => number >= 0
    expect(numbersOf(followed).filter(isOfThem)).toEqual(upTo(40))
    expect((await read(directory)).filter(isOfThem)).toEqual(upTo(40))
    expect((await readdir(directory)).sort()).toEqual(['audit.ndjson', 'audit.ndjson.1'])
  })

  it('loses only what was cut short, not what comes after it', async () => {
    const directory = await temporaryDirectory()
    await appendFile(join(directory, 'audit.ndjson'), `${JSON.stringify(entry(0))}\n{"at":"2026-01-01T0`)
    const audit = await anAudit(directory)
    audit.append(entry(1))
    await audit.flush()
    expect(await read(directory)).toEqual([0, 1])
    expect(await readFile(join(directory, 'audit.ndjson'), 'utf8')).toMatch(/T0\n\{/)
  })

  it('tells of a failure, and goes on when there is room again', async () => {
    const directory = await temporaryDirectory()
    const failures: Error[] = []
    const audit = await anAudit(directory, (error) => failures.push(error))
    await mkdir(join(directory, 'audit.ndjson'))
    audit.append(entry(0))
    await audit.flush()
    expect(failures).toHaveLength(1)
    await rmdir(join(directory, 'audit.ndjson'))
    audit.append(entry(1))
    await audit.flush()
    expect(await read(directory)).toEqual([1])
  })
})

describe('a search of the audit', () => {
  it('goes back page by page to the first entry of the oldest file, also through long lines', async () => {
    const directory = await temporaryDirectory()
    const audit = await anAudit(directory)
    for (const number of upTo(40)) {
      audit.append(entry(number, number % 2 === 0 ? 1 << 20 : 10))
      await audit.flush()
    }
    expect((await readdir(directory)).filter((name) => name.startsWith('audit'))).toHaveLength(2)
    const pages: number[][] = []
    let before: string | undefined
    do {
      const page = await searchAudit(directory, { limit: 15, ...(before !== undefined && { before }) })
      pages.push(numbersOf(page))
      before = page[0] && JSON.stringify(page[0])
    } while (before !== undefined)
    expect(pages).toEqual([upTo(40).slice(25), upTo(25).slice(10), upTo(10), []])
  })

  it('finds by event, by stream, and by what stands in any field, and passes over what a crash cut short', async () => {
    const directory = await temporaryDirectory()
    const audit = await anAudit(directory)
    const facts = { by: 'client', address: '203.0.113.7', app: 'LiveApp' }
    audit.append({ ...entry(0), ...facts, event: 'refuse', streamId: 'cam', code: 'TOKEN_USED', tokenId: 'tk_abc' })
    audit.append({ ...entry(1), ...facts, streamId: 'cam', tokenId: null })
    audit.append({ ...entry(2), ...facts, streamId: 'camera', message: '2 Grüße "C:\\"' })
    await audit.flush()
    await appendFile(join(directory, 'audit.ndjson'), '{"at":"2026-01-01T0')
    const found = async (filter: AuditFilter) => numbersOf(await searchAudit(directory, { limit: 9, ...filter }))
    expect(await found({})).toEqual([0, 1, 2])
    expect(await found({ events: ['refuse', 'guess'] })).toEqual([0])
    expect(await found({ streamId: 'cam' })).toEqual([0, 1])
    expect(await found({ text: 'TK_ABC' })).toEqual([0])
    expect(await found({ text: 'grüße "c:\\"' })).toEqual([2])
    expect(await found({ text: '"streamid"' })).toEqual([])
    expect(await found({ text: '203.0.113', events: ['admit'], streamId: 'camera' })).toEqual([2])
    expect(await found({ text: 'null' })).toEqual([])
    expect(await searchAudit(await temporaryDirectory(), { limit: 9 })).toEqual([])
  })
})
