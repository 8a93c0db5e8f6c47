import { AmsctlError } from '../../domain/errors.ts'
import { readJsonObject } from '../json-object.ts'

/** Reads a value of JSON that anybody may have sent; BAD_VALUE with the field's `name`. */
export type Reader<T> = (value: unknown, name: string) => T

type Shape = Readonly<Record<string, Reader<unknown>>>
type Value<R> = R extends Reader<infer T> ? T : never
type OptionalKey<S extends Shape> = { [K in keyof S]: undefined extends Value<S[K]> ? K : never }[keyof S]
export type Fields<S extends Shape> = { readonly [K in Exclude<keyof S, OptionalKey<S>>]: Value<S[K]> } & {
  readonly [K in OptionalKey<S>]?: Exclude<Value<S[K]>, undefined>
}

/** A body, which may be empty where no field is needed, as exactly these fields. */
export function readFields<S extends Shape>(body: unknown, shape: S): Fields<S> {
  const text = typeof body === 'string' && body !== '' ? body : '{}'
  return fields(shape)(readJsonObject(text), 'the body')
}

export function fields<S extends Shape>(shape: S): Reader<Fields<S>> {
  return (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object')
    const given = value as Readonly<Record<string, unknown>>
    const extra = Object.keys(given).find((key) => !Object.hasOwn(shape, key))
    if (extra !== undefined) throw new AmsctlError('BAD_VALUE', `unknown field ${JSON.stringify(extra.slice(0, 64))}`)
    const read = Object.entries(shape).map(([key, reader]) => {
      return [key, reader(Object.hasOwn(given, key) ? given[key] : undefined, key)] as const
    })
    return Object.fromEntries(read.filter(([, field]) => field !== undefined)) as Fields<S>
  }
}

export function text(most: number): Reader<string> {
  return (value, name) => {
    if (typeof value === 'string' && value.length <= most) return value
    throw wrong(name, `text of at most ${most} characters`)
  }
}

export function whole(least: number, most: number): Reader<number> {
  return (value, name) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    throw wrong(name, `a whole number from ${least} to ${most}`)
  }
}

export const flag: Reader<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value
  throw wrong(name, 'true or false')
}

export function oneOf<const W extends string>(words: readonly W[]): Reader<W> {
  return (value, name) => {
    const word = words.find((known) => known === value)
    if (word !== undefined) return word
    throw wrong(name, words.join(' or '))
  }
}

export function list<T>(reader: Reader<T>, most: number): Reader<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value) || value.length > most) throw wrong(name, `a list of at most ${most}`)
    return value.map((entry) => reader(entry, name))
  }
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, name) => (value === null ? null : reader(value, name))
}

export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, name) => (value === undefined ? undefined : reader(value, name))
}

/** `reader`, or `fallback` where the field is left out. */
export function or<T>(reader: Reader<T>, fallback: T): Reader<T> {
  return (value, name) => (value === undefined ? fallback : reader(value, name))
}

function wrong(name: string, wanted: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', `${name} must be ${wanted}`)
}
