import { describe, expect, it } from 'vitest'
import { type Pasted, readPasted } from '../../src/web/panel/parts/address.ts'

describe('what is pasted to be checked', () => {
  it.each<[string, Pasted]>([
    [' abc ', { token: 'abc' }],
    ['?token=abc&x=1', { token: 'abc' }],
    ['cam1?token=a%zz', { token: 'a%zz' }],
    ['https://h/w/LiveApp/cam1#abc', { token: 'abc', app: 'LiveApp', streamId: 'cam1', type: 'play' }],
    ['https://h/w/LiveApp/cam1?publish#abc', { token: 'abc', app: 'LiveApp', streamId: 'cam1', type: 'publish' }],
    ['http://h:5080/Two/play.html?id=a.b&token=abc', { token: 'abc', app: 'Two', streamId: 'a.b', type: 'play' }],
    ['http://h/Two/publish.html?token=abc&id=x', { token: 'abc', app: 'Two', streamId: 'x', type: 'publish' }],
    ['http://h/Two/streams/my.mpd.m3u8?token=abc', { token: 'abc', app: 'Two', streamId: 'my.mpd', type: 'play' }],
    ['ws://h/Two/streams/cam.flv?token=abc', { token: 'abc', app: 'Two', streamId: 'cam', type: 'play' }],
    ['rtmp://h:1935/LiveApp/cam?token=abc', { token: 'abc', app: 'LiveApp', streamId: 'cam' }],
    ["ffmpeg -re -f flv 'rtmp://h/LiveApp/cam?token=abc'", { token: 'abc', app: 'LiveApp', streamId: 'cam' }],
    ['https://elsewhere.example.org/', { token: 'https://elsewhere.example.org/' }],
  ])('%s', (text, told) => {
    expect(readPasted(text)).toEqual(told)
  })
})
