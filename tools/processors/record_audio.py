"""Record what transformers makes of small recordings, for the unit tests of the Rust feature extractors.

    python record_audio.py features ../../skillset-runtime/src/processors/audio/testdata
    python record_audio.py resampled ../../skillset-runtime/src/processors/audio/testdata
    python record_audio.py files ../../skillset-runtime/src/processors/audio/testdata

`features` must not find torchaudio, without which ASTFeatureExtractor computes in numpy; `resampled` needs it, and
`files` needs soundfile, imageio-ffmpeg (ffmpeg itself, as transformers' pipelines run it) and scipy.
"""

import io
import json
import pathlib
import subprocess
import sys

import numpy as np


def synthetic(length, seed):
    """A recording that the tests can make too: a sawtooth and the high bits of a linear congruential generator."""
    state, out = seed, []
    for i in range(length):
        state = (state * 1664525 + 1013904223) % 2**32
        noise = (state >> 16) / 32768 - 1
        tooth = (i * (17 + seed) % 400) / 200 - 1
        out.append(0.5 * tooth + 0.25 * noise)
    return np.array(out, dtype=np.float32)


def features():
    import transformers

    kaldi = {"num_mel_bins": 40, "sampling_rate": 8000}
    cases = [
        ("Wav2Vec2FeatureExtractor", {}, [(700, 1)]),
        ("Wav2Vec2FeatureExtractor", {}, [(700, 1), (450, 2)]),
        ("Wav2Vec2FeatureExtractor", {"return_attention_mask": True}, [(700, 1), (450, 2)]),
        ("Wav2Vec2FeatureExtractor", {"return_attention_mask": True, "padding_value": -1.5, "padding_side": "left"}, [(300, 3), (450, 2)]),
        ("Wav2Vec2FeatureExtractor", {"do_normalize": False, "padding_value": 0.5}, [(300, 3), (450, 2)]),
        ("SpeechT5FeatureExtractor", {}, [(300, 3), (450, 2)]),
        ("SpeechT5FeatureExtractor", {"do_normalize": True}, [(300, 3), (450, 2)]),
        ("WhisperFeatureExtractor", {"chunk_length": 1}, [(9000, 1), (20000, 2)]),
        ("WhisperFeatureExtractor", {"chunk_length": 1, "feature_size": 128}, [(16000, 3)]),
        ("WhisperFeatureExtractor", {"chunk_length": 1, "feature_size": 24, "n_fft": 321, "hop_length": 123, "sampling_rate": 11025, "padding_value": 0.1, "padding_side": "left"}, [(9000, 1)]),
        ("WhisperFeatureExtractor", {"chunk_length": 2, "sampling_rate": 22050, "n_fft": 512, "hop_length": 200}, [(44100, 5)]),
        ("ASTFeatureExtractor", {"max_length": 50}, [(5000, 1), (16000, 2)]),
        ("ASTFeatureExtractor", {"max_length": 30, "do_normalize": False, **kaldi}, [(4000, 3)]),
        ("ASTFeatureExtractor", {"max_length": 30, "mean": -2.0, "std": 3.5, "num_mel_bins": 64}, [(5000, 4)]),
        ("SeamlessM4TFeatureExtractor", {}, [(5000, 1), (7160, 2)]),
        ("SeamlessM4TFeatureExtractor", {"padding_value": 1.0}, [(5040, 1)]),
        ("SeamlessM4TFeatureExtractor", {"stride": 3, "padding_side": "left", **kaldi}, [(5000, 1), (7160, 2)]),
    ]  # fmt: skip
    for name, settings, recordings in cases:
        extractor = getattr(transformers, name)(**settings)
        waves = [synthetic(*recording) for recording in recordings]
        # Only Whisper's mask has to be asked for; all pad to the longest but those that pad to a length of their own.
        more = {"return_attention_mask": True} if "Whisper" in name else {"padding": True}
        out = extractor(waves, sampling_rate=extractor.sampling_rate, return_tensors="np", **more)
        values = out[extractor.model_input_names[0]]
        flat = values.reshape(-1).astype(np.float64)
        yield {
            "settings": {"feature_extractor_type": name, **settings},
            "recordings": recordings,
            "shape": values.shape,
            "values": [float(f"{value:.9g}") for value in flat[:: max(1, len(flat) // 60)]],
            "sum": flat.sum(),
            "norm": np.linalg.norm(flat),
            "mask": runs(out["attention_mask"]) if "attention_mask" in out else None,
        }


def runs(mask):
    """The lengths of runs of equal values in each row, the first of them a run of ones."""
    rows = []
    for row in mask.tolist():
        lengths, value = [0], 1
        for item in row:
            if item != value:
                lengths.append(0)
                value = item
            lengths[-1] += 1
        rows.append(lengths)
    return rows


def resampled():
    import torch
    from torchaudio.functional import resample

    for source, target, length in ((44100, 16000, 900), (22050, 16000, 500), (8000, 16000, 150), (48000, 16000, 601), (16000, 44100, 100), (11025, 8000, 37), (4001, 1600, 300), (16000, 8000, 1)):  # fmt: skip
        # In double precision, since the function computes even its filter in the samples' type.
        out = resample(torch.from_numpy(synthetic(length, 7)).double(), source, target).numpy()
        step = max(1, len(out) // 40)
        yield {"rates": [source, target], "length": length, "count": len(out), "step": step, "values": out[::step].tolist()}


def files():
    import imageio_ffmpeg
    import soundfile

    def written(samples, rate, kind, subtype):
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
        return buffer.getvalue()

    def converted(wav, *options):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", "pipe:0", "-loglevel", "quiet", *options, "pipe:1"]
        return subprocess.run(command, input=wav, stdout=subprocess.PIPE, check=True).stdout

    mono, stereo = synthetic(200, 1), np.stack([synthetic(150, 2), synthetic(150, 3)], 1)
    longer = 0.5 * np.sin(np.arange(6000) * 0.07).astype(np.float32)
    wav = written(longer, 16000, "WAV", "PCM_16")
    cases = {
        "wav_u8": written(mono, 16000, "WAV", "PCM_U8"),
        "wav_s16": written(mono, 16000, "WAV", "PCM_16"),
        "wav_s24": written(mono, 44100, "WAV", "PCM_24"),
        "wav_s32": written(mono, 8000, "WAV", "PCM_32"),
        "wav_f32": written(mono, 16000, "WAV", "FLOAT"),
        "wav_f64": written(mono, 16000, "WAV", "DOUBLE"),
        "wav_ulaw": written(mono, 8000, "WAV", "ULAW"),
        "wav_alaw": written(mono, 8000, "WAV", "ALAW"),
        "wav_stereo": written(stereo, 22050, "WAV", "PCM_16"),
        "wav_extensible": written(mono, 16000, "WAVEX", "PCM_16"),
        # With sizes that a pipe cannot know.
        "wav_piped": converted(written(mono, 16000, "WAV", "PCM_16"), "-f", "wav"),
        "flac_s16": written(mono, 16000, "FLAC", "PCM_16"),
        "flac_s24_stereo": written(stereo, 44100, "FLAC", "PCM_24"),
        "mp3": converted(wav, "-f", "mp3", "-b:a", "32k"),
        "ogg_vorbis": converted(wav, "-f", "ogg", "-c:a", "libvorbis"),
    }
    for name, data in cases.items():
        rate = soundfile.info(io.BytesIO(data)).samplerate
        # The command of transformers' `ffmpeg_read`.
        decoded = np.frombuffer(converted(data, "-ac", "1", "-ar", str(rate), "-f", "f32le"), np.float32)
        step = 1 if "wav" in name or "flac" in name else 50
        yield {"name": name, "rate": rate, "file": data.hex(), "count": len(decoded), "step": step, "samples": decoded[::step].tobytes().hex()}  # fmt: skip


def main():
    name, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(exist_ok=True)
    cases = {"features": features, "resampled": resampled, "files": files}[name]()
    lines = ",\n".join(json.dumps(case) for case in cases)
    (out / f"{name}.json").write_text(f"[\n{lines}\n]\n")


main()
