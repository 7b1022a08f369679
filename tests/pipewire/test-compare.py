#!/usr/bin/python3
"""The judge is judged first: compare.py must accept the same sound at another rate and time, and
must see one lost, doubled or silenced slice of 20 ms in real speech."""

import os
import subprocess
import tempfile
import unittest

import numpy

import compare
import tap


def speech():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "speech.wav")
        subprocess.run(["espeak-ng", "-w", path, "The quick brown fox jumps over the lazy dog, "
                        "and then it sleeps for a while."], check=True)
        return compare.read_wav(path)


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sound, cls.rate = speech()

    def play(self, sound, rate=24000, gain=1.0):
        """What a good path does to it: another rate, some silence before, a part of a sample."""
        there = compare.resample(sound, self.rate, rate)
        lead = numpy.zeros(int(0.7313 * rate))
        quiet = numpy.zeros(rate)
        return compare.shift(numpy.concatenate([lead, gain * there, quiet]), 0.37)

    def judge(self, played, rate=24000):
        return compare.match(self.sound, self.rate, played, rate)

    def cut_at(self):
        """The middle of the loudest stretch, in samples of 24 kHz."""
        there = compare.resample(self.sound, self.rate, 24000)
        blocks = there[:len(there) // 480 * 480].reshape(-1, 480)
        loudest = int(numpy.argmax((blocks[20:-20] ** 2).sum(axis=1))) + 20
        return int(0.7313 * 24000) + loudest * 480

    def test_the_same_at_24_khz(self):
        found = self.judge(self.play(self.sound))
        self.assertGreater(found.correlation, 0.999, str(found))
        self.assertEqual(found.jumps, [], str(found))
        self.assertAlmostEqual(found.offset_s, 0.7313, delta=0.001)
        self.assertAlmostEqual(found.gain, 1.0, delta=0.01)

    def test_the_same_at_16_khz_and_softer(self):
        found = self.judge(self.play(self.sound, 16000, 0.5), 16000)
        self.assertGreater(found.correlation, 0.995, str(found))
        self.assertEqual(found.jumps, [], str(found))
        self.assertAlmostEqual(found.gain, 0.5, delta=0.02)

    def test_a_lost_slice(self):
        played, at = self.play(self.sound), self.cut_at()
        found = self.judge(numpy.concatenate([played[:at], played[at + 480:]]))
        self.assertTrue(found.jumps, str(found))
        self.assertLess(found.correlation, 0.99, str(found))

    def test_a_doubled_slice(self):
        played, at = self.play(self.sound), self.cut_at()
        found = self.judge(numpy.concatenate([played[:at], played[at - 480:]]))
        self.assertTrue(found.jumps, str(found))
        self.assertLess(found.correlation, 0.99, str(found))

    def test_a_silenced_slice(self):
        played, at = self.play(self.sound), self.cut_at()
        played[at:at + 960] = 0
        found = self.judge(played)
        self.assertLess(found.correlation, 0.99, str(found))

    def test_something_else(self):
        noise = numpy.random.default_rng(1).normal(0, 0.1, 24000 * 6)
        self.assertLess(self.judge(noise).correlation, 0.5)

    def test_nothing(self):
        self.assertEqual(self.judge(numpy.zeros(0)).correlation, 0.0)


if __name__ == "__main__":
    tap.main()
