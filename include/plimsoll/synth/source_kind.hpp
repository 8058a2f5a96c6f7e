// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll::synth {

/// What fills the mask of a synthetic anomaly.
enum class SourceKind : std::uint8_t {
  textures,      ///< one of the bundled textures (TextureBank)
  images,        ///< one of the user's images, brought to the size
  other_normal,  ///< another normal image, brought to the size
  noise,         ///< the Perlin noise that made the mask, as anomalib has it by default
  colour,        ///< one colour
  cut_paste,     ///< a rectangle of the image itself, elsewhere (CutPaste); has its own mask
  scar,          ///< a thin, turned rectangle of it (CutPaste-scar); has its own mask
  quilt,         ///< a texture quilted from patches of a normal image
  random_phase,  ///< a texture with a normal image's spectrum and none of its forms
};

/// The name as in parameters and manifests: "textures", "other_normal", "cut_paste", ...
[[nodiscard]] constexpr std::string_view to_string(SourceKind kind) noexcept {
  switch (kind) {
    case SourceKind::images: return "images";
    case SourceKind::other_normal: return "other_normal";
    case SourceKind::noise: return "noise";
    case SourceKind::colour: return "colour";
    case SourceKind::cut_paste: return "cut_paste";
    case SourceKind::scar: return "scar";
    case SourceKind::quilt: return "quilt";
    case SourceKind::random_phase: return "random_phase";
    default: return "textures";
  }
}

}  // namespace plimsoll::synth
