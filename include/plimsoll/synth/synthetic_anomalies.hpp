// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/synth/augment.hpp"
#include "plimsoll/synth/blend.hpp"
#include "plimsoll/synth/cut_paste.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/image_list.hpp"
#include "plimsoll/synth/image_view.hpp"
#include "plimsoll/synth/mask_draw.hpp"
#include "plimsoll/synth/mask_generator.hpp"
#include "plimsoll/synth/mask_parameters.hpp"
#include "plimsoll/synth/paste.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/poisson_blend.hpp"
#include "plimsoll/synth/quilted_texture.hpp"
#include "plimsoll/synth/random_phase_texture.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/resize.hpp"
#include "plimsoll/synth/source_kind.hpp"
#include "plimsoll/synth/synthetic_item.hpp"
#include "plimsoll/synth/texture_bank.hpp"

namespace plimsoll::synth {

/// How the source is put into the image.
enum class Blending : std::uint8_t {
  alpha,    ///< (1 - b) image + b source
  poisson,  ///< the source's gradients, fitted to the image around the mask, as in NSA
};

/// Parameters of SyntheticAnomalies.
struct SyntheticAnomaliesParameters {
  std::uint64_t seed = 0;  ///< of all random numbers
  double probability = 1;  ///< that an item has an anomaly; in [0, 1]
  MaskParameters mask{};   ///< its form; by default as anomalib's. cut_paste and scar have forms of their own
  SourceKind source = SourceKind::textures;  ///< what the mask is filled with
  Blending blending = Blending::alpha;       ///< how it is put in; for pastes too
  double least_blend =
      0.2;                ///< the source's share in the mask, b, is drawn from [least_blend, most_blend], which is in
  double most_blend = 1;  ///< (0, 1]; cut_paste and scar have 1
  std::size_t augmentations = 3;  ///< how many of the ten augmentations are done to the source, 0 to 10; not to pastes
  double white = 0;  ///< the value of white, 4095 for 12 bits in 16, say; 0: 255, 65535 or 1, by the type of the pixels
};

/// Synthetic anomalies of normal images: a random mask filled with something foreign. The same seed, image and index
/// give the same item, in any order, thread or process, and with every compiler (where multiplications and additions
/// are not contracted). What the anomaly is depends on seed and index; its severity only multiplies the blend factor,
/// so that items that differ in severity are the same anomaly, weaker or stronger.
///
/// All of operator() is const and may be called from several threads. Pixels outside the mask, and outside
/// its edge when that is soft, keep their bits.
class SyntheticAnomalies {
 public:
  /// The aggregate of its parameters.
  using Parameters = SyntheticAnomaliesParameters;

  /// `images` are the sources for SourceKind::images; the normal images for other_normal, of which image index % count
  /// is never taken (it is the item's own when items go round the images); and the samples for quilt and random_phase,
  /// without which each image is its own sample. Throws ParameterError.
  explicit SyntheticAnomalies(Parameters parameters = {}, ImageList images = {})
      : parameters_{std::move(parameters)}, masks_{parameters_.mask}, images_{std::move(images)} {
    const auto fail = [](const std::string& what) { throw ParameterError("SyntheticAnomalies: " + what); };
    const Parameters& p = parameters_;
    if (!(p.probability >= 0 && p.probability <= 1)) {
      fail("probability = " + std::to_string(p.probability) + " is not in [0, 1]");
    }
    if (!(p.least_blend > 0 && p.least_blend <= p.most_blend && p.most_blend <= 1)) {
      fail("[least_blend, most_blend] = [" + std::to_string(p.least_blend) + ", " + std::to_string(p.most_blend) +
           "] is not within (0, 1]");
    }
    if (p.augmentations > synth::augmentations.size()) {
      fail("augmentations = " + std::to_string(p.augmentations) + ", and there are " +
           std::to_string(synth::augmentations.size()));
    }
    if (!(p.white >= 0 && p.white < 1e9)) fail("white = " + std::to_string(p.white) + " is not a number from 0");
    const std::size_t least = p.source == SourceKind::images ? 1 : p.source == SourceKind::other_normal ? 2 : 0;
    if (images_.count < least) {
      fail("source = " + std::string(to_string(p.source)) + " takes at least " + std::to_string(least) +
           (least == 1 ? " image" : " images") + ", and there are " + std::to_string(images_.count));
    }
    if (p.source == SourceKind::textures) bank_ = std::make_shared<const TextureBank>();
  }

  /// As given to the constructor.
  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }

  /// The item of this index. `severity` is in (0, 1]. `foreground`, when it is not empty, is where anomalies may be.
  /// An item without anomaly, by chance or because no mask could be made, is the image with an empty mask, and its
  /// provenance says so. Throws ParameterError, and DataError for an empty image or a foreground of another size.
  [[nodiscard]] SyntheticItem operator()(const ImageView& image, std::size_t index, double severity = 1,
                                         const Mask& foreground = {}) const {
    if (!(severity > 0 && severity <= 1)) {
      throw ParameterError("SyntheticAnomalies: severity = " + std::to_string(severity) + " is not in (0, 1]");
    }
    if (image.empty()) throw DataError("SyntheticAnomalies: the image is empty");
    const bool masked = foreground.size() > 0;
    if (masked && (foreground.rows() != image.rows() || foreground.columns() != image.columns())) {
      throw DataError("SyntheticAnomalies: the foreground is " + std::to_string(foreground.rows()) + " x " +
                      std::to_string(foreground.columns()) + ", and the image " + std::to_string(image.rows()) + " x " +
                      std::to_string(image.columns()));
    }
    SyntheticItem item{Image(image), {}, {}};
    item.mask.rows = image.rows();
    item.mask.columns = image.columns();
    item.mask.bytes.assign(image.rows() * image.columns(), 0);
    Provenance& made = item.provenance;
    made.seed = parameters_.seed;
    made.index = index;
    made.severity = severity;
    made.source = parameters_.source;
    // Each part has a stream of its own: a change of one leaves the others as they are.
    const std::uint64_t own = mix(parameters_.seed, index);
    if (!RandomStream(own, 0).chance(parameters_.probability)) return item;
    Draw draw = is_paste() ? paste(image, own, foreground, made) : fill(image, own, index, foreground, made);
    if (made.area == 0) return item;
    made.applied = true;
    made.blend =
        severity * (is_paste() ? 1 : RandomStream(own, 4).uniform(parameters_.least_blend, parameters_.most_blend));
    if (parameters_.blending == Blending::poisson) {
      made.applied = poisson_blend(item.image, draw.source, draw.alpha, made.blend, {}, parameters_.white).converged;
      if (!made.applied) {  // the equations were not solved, and the image is as it was
        made.area = made.components = 0;
        made.blend = 0;
        made.met_limits = false;
        return item;
      }
    } else {
      blend(item.image, draw.source, draw.alpha, made.blend, parameters_.white);
    }
    std::ranges::transform(draw.alpha.values(), item.mask.bytes.begin(),
                           [](float alpha) { return static_cast<std::uint8_t>(alpha >= anomalous_alpha); });
    return item;
  }

 private:
  struct Draw {
    Planes source;
    Field alpha;
  };

  [[nodiscard]] bool is_paste() const noexcept {
    return parameters_.source == SourceKind::cut_paste || parameters_.source == SourceKind::scar;
  }

  /// A piece of the image itself.
  [[nodiscard]] Draw paste(const ImageView& image, std::uint64_t own, const Mask& foreground, Provenance& made) const {
    const Planes planes = to_planes(image, parameters_.white);
    RandomStream random(own, 1);
    Draw draw;
    while (made.attempts < parameters_.mask.attempts && made.area == 0) {
      ++made.attempts;
      Paste cut =
          parameters_.source == SourceKind::scar ? cut_paste_scar(planes, {}, random) : cut_paste(planes, {}, random);
      if (foreground.size() > 0) keep_on(foreground, cut.alpha);
      made.area = static_cast<std::size_t>(
          std::ranges::count_if(cut.alpha.values(), [](float alpha) { return alpha >= anomalous_alpha; }));
      draw = {std::move(cut.source), std::move(cut.alpha)};
    }
    made.met_limits = made.area > 0;
    return draw;
  }

  /// A mask and what fills it.
  [[nodiscard]] Draw fill(const ImageView& image, std::uint64_t own, std::size_t index, const Mask& foreground,
                          Provenance& made) const {
    RandomStream form(own, 1);
    MaskDraw mask = masks_(image.rows(), image.columns(), form, foreground);
    made.area = mask.area;
    made.components = mask.components;
    made.attempts = mask.attempts;
    made.met_limits = mask.met_limits;
    if (mask.area == 0) return {};
    RandomStream choice(own, 2);
    Planes source = material(image, mask.noise, index, choice, made);
    RandomStream change(own, 3);
    for (const Augmentation done : augment(source, parameters_.augmentations, change)) {
      if (!made.augmentations.empty()) made.augmentations += ' ';
      made.augmentations += to_string(done);
    }
    return {std::move(source), std::move(mask.alpha)};
  }

  [[nodiscard]] Planes material(const ImageView& image, const Field& noise, std::size_t index, RandomStream& random,
                                Provenance& made) const {
    switch (parameters_.source) {
      case SourceKind::noise: {
        Field grey(noise.rows(), noise.columns());
        std::ranges::transform(noise.values(), grey.values().begin(),
                               [](float value) { return value * 0.5F + 0.25F; });  // as anomalib has it
        return Planes(image.colours(), grey);
      }
      case SourceKind::colour: {
        Planes planes;
        for (std::size_t i = 0; i < image.colours(); ++i) {
          planes.emplace_back(image.rows(), image.columns(), static_cast<float>(random.uniform()));
        }
        return planes;
      }
      case SourceKind::images: {
        return resized(of_colours(image, load(random.below(image_count()), made)), image.rows(), image.columns());
      }
      case SourceKind::other_normal: {
        const auto own = static_cast<std::uint32_t>(index % images_.count);
        const std::uint32_t other = random.below(image_count() - 1);
        return resized(of_colours(image, load(other + (other >= own ? 1 : 0), made)), image.rows(), image.columns());
      }
      case SourceKind::quilt: {
        return quilted_texture(sample(image, random, made), image.rows(), image.columns(), {}, random);
      }
      case SourceKind::random_phase: {
        return random_phase_texture(sample(image, random, made), image.rows(), image.columns(), {}, random);
      }
      default: {
        const std::size_t which = random.below(static_cast<std::uint32_t>(TextureBank::count()));
        made.material = TextureBank::name(which);
        return bank_->crop(which, image.rows(), image.columns(), image.colours(), random);
      }
    }
  }

  [[nodiscard]] std::uint32_t image_count() const noexcept { return static_cast<std::uint32_t>(images_.count); }

  /// One of the images, or the item's own without any.
  [[nodiscard]] Planes sample(const ImageView& image, RandomStream& random, Provenance& made) const {
    if (images_.count == 0) return to_planes(image, parameters_.white);
    return of_colours(image, load(random.below(image_count()), made));
  }

  [[nodiscard]] Image load(std::size_t which, Provenance& made) const {
    made.material = images_.name ? images_.name(which) : std::to_string(which);
    Image image = images_.load(which);
    if (image.empty()) throw DataError("SyntheticAnomalies: source image " + made.material + " is empty");
    return image;
  }

  /// The source in as many colours as the image has. `white` is about images of the item's type.
  [[nodiscard]] Planes of_colours(const ImageView& image, const Image& source) const {
    Planes planes = to_planes(source.view(), source.type() == image.type() ? parameters_.white : 0);
    if (planes.size() == image.colours()) return planes;
    if (planes.size() == 1) return Planes(3, planes[0]);
    return {grey_of(planes)};
  }

  static void keep_on(const Mask& foreground, Field& alpha) {
    for (std::size_t row = 0; row < alpha.rows(); ++row) {
      const auto kept = foreground.row(row);
      const auto values = alpha.row(row);
      for (std::size_t column = 0; column < values.size(); ++column) {
        if (kept[column] == 0) values[column] = 0;
      }
    }
  }

  Parameters parameters_;
  MaskGenerator masks_;
  ImageList images_;
  std::shared_ptr<const TextureBank> bank_;  ///< for SourceKind::textures
};

}  // namespace plimsoll::synth
