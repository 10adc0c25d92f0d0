//! Reading audio files as transformers' pipelines do, which let ffmpeg mix them down to one channel.
//!
//! Lossless files give exactly ffmpeg's samples at their own rate. Other rates come out of torchaudio's resampler
//! rather than ffmpeg's, and MP3 and Vorbis out of another decoder, so these are close but not equal.

use std::borrow::Cow;
use std::f32::consts::FRAC_1_SQRT_2;
use std::io::Cursor;
use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;

use super::resample::resample;
use crate::processors::ProcessorError;

/// Rates beyond this are taken for damage; the fastest converters make 768 kHz.
pub(super) const MOST_HERTZ: usize = 768_000;
/// More samples than this are refused (2 GiB of them): a small file of silence can claim any length.
pub(super) const MOST_SAMPLES: usize = 1 << 29;

/// A recording: the samples of one channel, full scale from -1 to 1, and how many of them make a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    samples: Vec<f32>,
    rate: usize,
}

impl Audio {
    /// Decodes a file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        let path = path.as_ref();
        let named = |message| ProcessorError::Audio { origin: path.display().to_string(), message };
        let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
        decode(&bytes).map_err(named)
    }

    /// Decodes the content of a file (WAV, FLAC, MP3 or Ogg Vorbis, found out from its bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProcessorError> {
        decode(bytes).map_err(anonymous)
    }

    /// A recording from the samples of one channel, `rate` of them a second.
    pub fn from_samples(samples: Vec<f32>, rate: usize) -> Result<Self, ProcessorError> {
        Self::new(samples, rate).map_err(anonymous)
    }

    fn new(samples: Vec<f32>, rate: usize) -> Result<Self, String> {
        check_rate(rate)?;
        if samples.is_empty() {
            return Err("expected at least one sample, found none".to_owned());
        }
        match samples.iter().position(|sample| !sample.is_finite()) {
            Some(index) => Err(format!("expected finite samples, found {} (sample {index})", samples[index])),
            None => Ok(Self { samples, rate }),
        }
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples a second.
    pub fn rate(&self) -> usize {
        self.rate
    }

    /// The samples at another rate; at its own they are untouched.
    pub(super) fn at_rate(&self, rate: usize) -> Result<Cow<'_, [f32]>, String> {
        if rate == self.rate {
            return Ok(Cow::Borrowed(&self.samples));
        }
        let seconds = self.samples.len() as f64 / self.rate as f64;
        if seconds * rate as f64 > MOST_SAMPLES as f64 {
            return Err(format!(
                "{seconds:.0} s at {rate} Hz would be more than {MOST_SAMPLES} samples; give a shorter recording"
            ));
        }
        Ok(Cow::Owned(resample(&self.samples, self.rate, rate)))
    }
}

fn anonymous(message: String) -> ProcessorError {
    ProcessorError::Audio { origin: "audio".to_owned(), message }
}

fn check_rate(rate: usize) -> Result<(), String> {
    if (1..=MOST_HERTZ).contains(&rate) {
        return Ok(());
    }
    Err(format!("expected a sampling rate from 1 to {MOST_HERTZ} Hz, found {rate}"))
}

fn explain(error: Error) -> String {
    match error {
        Error::Unsupported(what) => {
            format!("not a supported format ({what}); supported are WAV, FLAC, MP3 and Ogg Vorbis")
        }
        // What comes out of memory ends, but does not fail.
        Error::IoError(_) => "broken audio: the data end early".to_owned(),
        other => format!("broken audio: {other}"),
    }
}

fn decode(bytes: &[u8]) -> Result<Audio, String> {
    if bytes.is_empty() {
        return Err("expected an audio file, found an empty one".to_owned());
    }
    if let Some(channels) = wave_channels(bytes) {
        check_channels(channels)?;
    }
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let probe = symphonia::default::get_probe();
    let mut format =
        probe.probe(&Hint::new(), stream, Default::default(), Default::default()).map_err(explain)?;
    let track = format.default_track(TrackType::Audio).ok_or("expected an audio track, found none")?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio());
    let codec = codec.ok_or("expected an audio track with a known codec, found none")?;
    let options = AudioDecoderOptions::default();
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(codec, &options).map_err(explain)?;
    let track = Track {
        id: track.id,
        // The header of an MP3 only estimates it.
        frames: track.num_frames.filter(|_| matches!(format.format_info().short_name, "wave" | "flac")),
        may_end: format.format_info().short_name == "wave",
    };
    let (samples, rate) = track.decode(&mut *format, &mut *decoder)?;
    Audio::new(samples, rate)
}

/// The track of a file that is decoded.
struct Track {
    id: u32,
    /// How many samples a channel the header promises, if it is to be trusted.
    frames: Option<u64>,
    /// Whether the data may just end, as those of a WAV file do that was written to a pipe.
    may_end: bool,
}

impl Track {
    /// The samples, mixed down to one channel, and their rate.
    fn decode(
        &self,
        format: &mut dyn FormatReader,
        decoder: &mut dyn AudioDecoder,
    ) -> Result<(Vec<f32>, usize), String> {
        let (mut samples, mut interleaved) = (Vec::new(), Vec::<f32>::new());
        let mut layout = None;
        loop {
            let packet = match format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(Error::IoError(_)) if self.may_end => break,
                Err(error) => return Err(explain(error)),
            };
            if packet.track_id != self.id {
                continue;
            }
            let decoded = decoder.decode(&packet).map_err(explain)?;
            let found = (decoded.spec().rate() as usize, decoded.spec().channels().count());
            let (rate, channels) = *layout.get_or_insert(found);
            if found != (rate, channels) {
                return Err(format!(
                    "expected one rate and number of channels, found {rate} Hz × {channels}, then {} Hz × {}",
                    found.0, found.1
                ));
            }
            decoded.copy_to_vec_interleaved(&mut interleaved);
            mix_into(&mut samples, &interleaved, channels)?;
            if samples.len() > MOST_SAMPLES {
                return Err(format!("expected at most {MOST_SAMPLES} samples, found more"));
            }
        }
        if let Some(frames) = self.frames.filter(|&frames| frames > samples.len() as u64) {
            return Err(format!(
                "broken audio: the data end early, after {} of {frames} samples",
                samples.len()
            ));
        }
        Ok((samples, layout.map_or(1, |(rate, _)| rate)))
    }
}

/// Appends interleaved samples as one channel. Two are mixed as ffmpeg does for samples in floating point, which need
/// no protection from clipping: by equal power.
fn mix_into(samples: &mut Vec<f32>, interleaved: &[f32], channels: usize) -> Result<(), String> {
    match channels {
        1 => samples.extend_from_slice(interleaved),
        2 => {
            let (pairs, _) = interleaved.as_chunks::<2>();
            samples.extend(pairs.iter().map(|[left, right]| FRAC_1_SQRT_2 * left + FRAC_1_SQRT_2 * right));
        }
        other => return check_channels(other),
    }
    Ok(())
}

fn check_channels(channels: usize) -> Result<(), String> {
    if (1..=2).contains(&channels) {
        return Ok(());
    }
    Err(format!("expected one or two channels, found {channels}; mix them down to one first"))
}

/// The number of channels in the header of a WAV file. symphonia's reader overflows when it is absurd.
fn wave_channels(bytes: &[u8]) -> Option<usize> {
    let chunk = |at: usize| Some((bytes.get(at..at + 4)?, bytes.get(at + 4..at + 8)?.try_into().ok()?));
    let mut at = 12;
    while bytes.starts_with(b"RIFF") {
        let (name, length) = chunk(at)?;
        if name == b"fmt " {
            let channels = bytes.get(at + 10..at + 12)?;
            return Some(usize::from(u16::from_le_bytes(channels.try_into().ok()?)));
        }
        at = at.checked_add(8 + (u32::from_le_bytes(length) as usize).next_multiple_of(2))?;
    }
    None
}
