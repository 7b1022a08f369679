"""Is what was recorded what was played? Finds one sound in another, however late, and says how
alike they are and whether a piece is missing, doubled or shifted.

Sounds are float arrays; rates may differ, both are brought to one. Needs numpy.
"""

import dataclasses
import wave

import numpy

RATE_HZ = 48000
PIECE_S = 0.12
# How far a piece may stand from where the whole stands before it counts as a jump.
JUMP_S = 0.0008
SEARCH_S = 0.15
# Pieces quieter than this part of the loudest one say nothing about their place.
QUIET = 0.05


def read_wav(path):
    """(samples in -1 … 1, rate); several channels are averaged, a broken header is survived (a
    recorder that was killed has not written the length)."""
    with open(path, "rb") as stream:
        content = stream.read()
    with wave.open(str(path), "rb") as sound:
        channels, rate, width = sound.getnchannels(), sound.getframerate(), sound.getsampwidth()
    if width != 2:
        raise ValueError(f"{path}: {8 * width} bits a sample, 16 are needed")
    start = content.index(b"data") + 8
    usable = (len(content) - start) // (2 * channels) * 2 * channels
    samples = numpy.frombuffer(content[start:start + usable], dtype="<i2").astype(float) / 32768
    return samples.reshape(-1, channels).mean(axis=1), rate


def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        clipped = numpy.clip(numpy.round(numpy.asarray(samples) * 32768), -32768, 32767)
        sound.writeframes(clipped.astype("<i2").tobytes())


def resample(samples, rate, new_rate, limit_hz=None):
    """Through the spectrum, so band-limited and without delay. limit_hz: nothing above it."""
    n = len(samples)
    if n == 0:
        return numpy.zeros(0)
    padded = numpy.concatenate([samples, numpy.zeros(rate)])
    # A length that both rates divide keeps time exact.
    padded = padded[:len(padded) // 100 * 100]
    spectrum = numpy.fft.rfft(padded)
    if limit_hz is not None:
        frequencies = numpy.fft.rfftfreq(len(padded), 1 / rate)
        spectrum[frequencies > limit_hz] = 0
    new_length = round(len(padded) * new_rate / rate)
    new_spectrum = numpy.zeros(new_length // 2 + 1, dtype=complex)
    common = min(len(spectrum), len(new_spectrum))
    new_spectrum[:common] = spectrum[:common]
    result = numpy.fft.irfft(new_spectrum, new_length) * new_length / len(padded)
    return result[:round(n * new_rate / rate)]


def cross_correlation(short, long):
    """For every place of short within long: how much they have in common, not normalised."""
    size = 1 << (len(short) + len(long)).bit_length()
    product = numpy.fft.rfft(long, size) * numpy.conj(numpy.fft.rfft(short, size))
    places = numpy.fft.irfft(product, size)
    return places[:max(1, len(long) - len(short) + 1)]


def shift(samples, fraction):
    """Delays by a part of a sample."""
    spectrum = numpy.fft.rfft(samples)
    turns = numpy.arange(len(spectrum)) / len(samples)
    return numpy.fft.irfft(spectrum * numpy.exp(-2j * numpy.pi * turns * fraction), len(samples))


def likeness(a, b):
    norm = numpy.sqrt(numpy.dot(a, a) * numpy.dot(b, b))
    return float(numpy.dot(a, b) / norm) if norm > 0 else 0.0


@dataclasses.dataclass
class Match:
    correlation: float  # of the whole, aligned to a part of a sample; 1 is the same
    offset_s: float     # where in the recording the reference begins
    gain: float         # recording / reference
    jumps: list         # (second in the reference, by how many ms a piece stands off)

    def __str__(self):
        jumps = ", ".join(f"at {at:.2f} s by {by:+.1f} ms" for at, by in self.jumps[:5])
        return (f"correlation {self.correlation:.4f}, {self.offset_s:.3f} s in, "
                f"gain {self.gain:.3f}, jumps: {jumps or 'none'}")


def fine_offset(places, best):
    """The top of the parabola through three places: a part of a sample."""
    if best <= 0 or best >= len(places) - 1:
        return 0.0
    left, middle, right = places[best - 1], places[best], places[best + 1]
    bend = left - 2 * middle + right
    return float(0.5 * (left - right) / bend) if bend != 0 else 0.0


def find_jumps(reference, recording, best):
    """Pieces that do not stand where the whole does: time was lost, doubled or made up."""
    length, reach = int(PIECE_S * RATE_HZ), int(SEARCH_S * RATE_HZ)
    starts = range(0, len(reference) - length + 1, length)
    loudest = max((numpy.sum(reference[s:s + length] ** 2) for s in starts), default=0)
    jumps = []
    for start in starts:
        piece = reference[start:start + length]
        if numpy.sum(piece ** 2) < QUIET * loudest:
            continue
        low = max(0, best + start - reach)
        window = recording[low:best + start + length + reach]
        if len(window) < length:
            jumps.append((start / RATE_HZ, float("inf")))
            continue
        here = best + start - low
        places = cross_correlation(piece, window)
        energy = numpy.cumsum(numpy.concatenate([[0], window ** 2]))
        energy = energy[length:] - energy[:-length]
        floor = max(float(numpy.max(energy)) * 1e-3, 1e-12)
        places = places[:len(energy)] / numpy.sqrt(numpy.maximum(energy, floor))
        found = int(numpy.argmax(places))
        # A vowel fits almost as well one period later: only a clearly better place is a jump.
        if abs(found - here) > JUMP_S * RATE_HZ and places[found] > 1.02 * places[here]:
            jumps.append((start / RATE_HZ, (found - here) * 1000 / RATE_HZ))
    return jumps


def match(reference, reference_rate, recording, recording_rate):
    """Finds reference in recording."""
    limit_hz = 0.45 * min(reference_rate, recording_rate)
    reference = resample(reference, reference_rate, RATE_HZ, limit_hz)
    recording = resample(recording, recording_rate, RATE_HZ, limit_hz)
    if len(reference) == 0 or len(recording) < len(reference) // 2:
        return Match(0.0, 0.0, 0.0, [(0.0, float("inf"))])
    if len(recording) < len(reference) + RATE_HZ:
        missing = len(reference) + RATE_HZ - len(recording)
        recording = numpy.concatenate([recording, numpy.zeros(missing)])

    places = cross_correlation(reference, recording)
    best = int(numpy.argmax(places))
    found = recording[best:best + len(reference)]
    aligned = shift(reference, fine_offset(places, best))
    power = float(numpy.dot(aligned, aligned))
    gain = float(numpy.dot(aligned, found)) / power if power > 0 else 0.0
    return Match(likeness(aligned, found), best / RATE_HZ, gain,
                 find_jumps(reference, recording, best))


def find_last_sound(samples, rate, threshold):
    """The second of the last sample that is louder than threshold; None when there is none."""
    loud = numpy.nonzero(numpy.abs(samples) > threshold)[0]
    return float(loud[-1] / rate) if len(loud) else None


def find_first_sound(samples, rate, threshold):
    loud = numpy.nonzero(numpy.abs(samples) > threshold)[0]
    return float(loud[0] / rate) if len(loud) else None
