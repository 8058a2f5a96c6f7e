// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/poisson_blend.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::hash_of;
using plimsoll::test::random_field;
using plimsoll::test::random_image;
using plimsoll::test::random_planes;

namespace {

/// Pixels in [0.4, 0.6): solutions with sources in [0.45, 0.55) stay within 0 and 1, where blend does not cut them.
Image float_image(std::size_t rows, std::size_t columns, std::size_t channels, std::uint64_t seed) {
  Image image = random_image(PixelType::float32, rows, columns, channels, seed);
  image.visit([&](auto* pixels) {
    for (std::size_t i = 0; i < rows * columns * channels; ++i) {
      pixels[i] = static_cast<std::remove_reference_t<decltype(*pixels)>>(0.4 + 0.2 * static_cast<double>(pixels[i]));
    }
  });
  return image;
}

Planes calm(Planes planes) {
  for (Field& plane : planes) {
    for (float& value : plane.values()) value = 0.45F + 0.1F * value;
  }
  return planes;
}

/// The equations written down, one a pixel of the mask, and solved by elimination with pivots.
std::vector<double> dense(const Field& image, const Field& source, const Field& alpha, bool mixed) {
  const auto rows = static_cast<int>(alpha.rows());
  const auto columns = static_cast<int>(alpha.columns());
  const auto at = [](const Field& field, int row, int column) {
    return static_cast<double>(field.at(static_cast<std::size_t>(row), static_cast<std::size_t>(column)));
  };
  std::vector<std::pair<int, int>> pixels;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      if (at(alpha, row, column) > 0) pixels.emplace_back(row, column);
    }
  }
  const std::size_t n = pixels.size();
  std::vector<std::vector<double>> matrix(n, std::vector<double>(n + 1));
  for (std::size_t i = 0; i < n; ++i) {
    const auto [row, column] = pixels[i];
    for (const auto& [down, right] : {std::pair(-1, 0), std::pair(1, 0), std::pair(0, -1), std::pair(0, 1)}) {
      const int y = row + down;
      const int x = column + right;
      if (y < 0 || x < 0 || y >= rows || x >= columns) continue;
      matrix[i][i] += 1;
      const double gradient = at(source, row, column) - at(source, y, x);
      const double of_image = at(image, row, column) - at(image, y, x);
      matrix[i][n] += mixed && std::abs(of_image) > std::abs(gradient) ? of_image : gradient;
      const auto found = std::ranges::find(pixels, std::pair(y, x));
      if (found == pixels.end()) {
        matrix[i][n] += at(image, y, x);
      } else {
        matrix[i][static_cast<std::size_t>(found - pixels.begin())] -= 1;
      }
    }
  }
  if (n == static_cast<std::size_t>(rows * columns)) {  // singular: the mean stands for one equation
    double sum = 0;
    for (const float value : image.values()) sum += static_cast<double>(value);
    matrix[n - 1].assign(n + 1, 1);
    matrix[n - 1][n] = sum;
  }
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(matrix[i][k]) > std::abs(matrix[pivot][k])) pivot = i;
    }
    std::swap(matrix[k], matrix[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double share = matrix[i][k] / matrix[k][k];
      for (std::size_t j = k; j <= n; ++j) matrix[i][j] -= share * matrix[k][j];
    }
  }
  std::vector<double> solution;
  for (std::size_t i = 0; i < n; ++i) solution.push_back(matrix[i][n] / matrix[i][i]);
  return solution;
}

Field mask_of(std::size_t rows, std::size_t columns, const std::function<bool(int, int)>& inside) {
  Field alpha(rows, columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      if (inside(static_cast<int>(row), static_cast<int>(column))) alpha.row(row)[column] = 0.3F;
    }
  }
  return alpha;
}

const std::vector<Field>& masks() {
  static const std::vector<Field> all{
      mask_of(9, 12, [](int r, int c) { return r == 4 && c == 5; }),                  // a pixel
      mask_of(9, 12, [](int r, int c) { return r == 0 && c == 11; }),                 // in a corner
      mask_of(9, 12, [](int r, int c) { return r > 1 && r < 7 && c > 2 && c < 9; }),  // a rectangle
      mask_of(9, 12, [](int r, int c) { return r < 4 && c < 5; }),                    // at a corner
      mask_of(9, 12, [](int r, int) { return r > 2 && r < 6; }),                      // from side to side
      mask_of(9, 12, [](int r, int c) { return (r + c) % 2 == 0; }),                  // pixels, each alone
      mask_of(9, 12, [](int r, int c) { return (r * 7 + c * c * 3) % 5 < 3; }),       // components with holes
      mask_of(9, 12, [](int r, int c) { return (c < 4 && r != 3) || (c > 6 && r > 5 && c < 10); }),  // several
      mask_of(9, 12, [](int r, int c) { return r != 5 || c != 6; }),                                 // all but one
      mask_of(9, 12, [](int, int) { return true; }),                                                 // everything
      mask_of(1, 12, [](int, int c) { return c > 3 && c < 9; }),
      mask_of(12, 1, [](int r, int) { return r > 3; }),
      mask_of(1, 1, [](int, int) { return true; }),
  };
  return all;
}

}  // namespace

TEST_CASE("poisson_blend solves the equations", "[poisson]") {
  for (std::size_t m = 0; m < masks().size(); ++m) {
    const Field& alpha = masks()[m];
    const std::size_t size = alpha.values().size();
    for (const bool mixed : {false, true}) {
      for (const std::size_t channels : {1U, 3U}) {
        for (const double factor : {1.0, 0.4}) {
          const Image before = float_image(alpha.rows(), alpha.columns(), channels, m);
          const Planes old = to_planes(before.view());
          const Planes source = calm(random_planes(channels, alpha.rows(), alpha.columns(), m + 100));
          Image after = before;
          const PoissonOutcome outcome = poisson_blend(after, source, alpha, factor, {.mixed = mixed});
          CHECK(outcome.converged);
          CHECK(outcome.residual <= 1e-7);
          const Planes now = to_planes(after.view());
          for (std::size_t channel = 0; channel < channels; ++channel) {
            const std::vector<double> solution = dense(old[channel], source[channel], alpha, mixed);
            std::size_t unknown = 0;
            for (std::size_t i = 0; i < size; ++i) {
              const auto was = static_cast<double>(old[channel].values()[i]);
              const auto is = static_cast<double>(now[channel].values()[i]);
              if (!(alpha.values()[i] > 0)) {
                REQUIRE(is == was);
                continue;
              }
              CAPTURE(m, mixed, channels, channel, factor, i);
              const double expected = solution[unknown++];
              REQUIRE((expected > 0 && expected < 1));
              // Equations off by 1e-7 let the solution be off by 1e-7 d^2/8 with d < 24 pixels, 8e-6 at most.
              REQUIRE(std::abs(is - (1 - factor) * was - factor * expected) < 1e-5);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("poisson_blend of a constant source is harmonic", "[poisson]") {
  const std::size_t n = 48;
  const Field alpha = mask_of(n, n, [](int r, int c) { return (r - 20) * (r - 20) + (c - 25) * (c - 25) < 300; });
  Image image = float_image(n, n, 1, 3);
  const Image before = image;
  REQUIRE(poisson_blend(image, {Field(n, n, 0.9F)}, alpha, 1).converged);
  const Field now = to_planes(image.view())[0];
  float least = 1;
  float greatest = 0;
  for (std::size_t i = 0; i < n * n; ++i) {
    if (alpha.values()[i] > 0) continue;
    least = std::min(least, now.values()[i]);
    greatest = std::max(greatest, now.values()[i]);
  }
  for (std::size_t row = 1; row + 1 < n; ++row) {
    for (std::size_t column = 1; column + 1 < n; ++column) {
      if (!(alpha.at(row, column) > 0)) continue;
      const float value = now.at(row, column);
      const float mean =
          (now.at(row - 1, column) + now.at(row + 1, column) + now.at(row, column - 1) + now.at(row, column + 1)) / 4;
      REQUIRE(std::abs(value - mean) < 1e-6F);  // the tolerance, and floats near 1/2
      REQUIRE(value > least);                   // the maximum principle
      REQUIRE(value < greatest);
    }
  }
}

TEST_CASE("poisson_blend with the image for source changes nothing", "[poisson]") {
  for (const Field& alpha : masks()) {
    for (const bool mixed : {false, true}) {
      const Image before = random_image(PixelType::uint8, alpha.rows(), alpha.columns(), 3, 5);
      Image after = before;
      const PoissonOutcome outcome = poisson_blend(after, to_planes(before.view()), alpha, 1, {.mixed = mixed});
      CHECK(outcome.converged);
      CHECK(after == before);
    }
  }
}

TEST_CASE("poisson_blend does not see the source's level", "[poisson]") {
  const Field& alpha = masks()[6];
  Planes source = calm(random_planes(1, 9, 12, 8));
  Image one = float_image(9, 12, 1, 5);
  Image other = one;
  REQUIRE(poisson_blend(one, source, alpha, 1).converged);
  for (float& value : source[0].values()) value += 0.4F;
  REQUIRE(poisson_blend(other, source, alpha, 1).converged);
  const Planes a = to_planes(one.view());
  const Planes b = to_planes(other.view());
  for (std::size_t i = 0; i < 108; ++i) REQUIRE(std::abs(a[0].values()[i] - b[0].values()[i]) < 1e-5F);
}

TEST_CASE("poisson_blend does nothing where there is nothing to do", "[poisson]") {
  const Image before = random_image(PixelType::uint16, 6, 7, 3, 5);
  Image after = before;
  PoissonOutcome outcome = poisson_blend(after, random_planes(3, 6, 7, 1), Field(6, 7), 1);
  CHECK(outcome.converged);
  CHECK(outcome.iterations == 0);
  CHECK(after == before);
  CHECK(poisson_blend(after, random_planes(3, 6, 7, 1), Field(6, 7, 1), 0).converged);
  CHECK(after == before);
  Image nothing(PixelType::uint8, 0, 4, 1);
  CHECK(poisson_blend(nothing, {Field(0, 4)}, Field(0, 4), 1).converged);
}

TEST_CASE("poisson_blend tells when it did not converge, and leaves the image", "[poisson]") {
  const Field alpha = mask_of(30, 30, [](int r, int c) { return r > 2 && r < 27 && c > 2 && c < 27; });
  const Image before = float_image(30, 30, 1, 5);
  Image after = before;
  const PoissonOutcome outcome = poisson_blend(after, calm(random_planes(1, 30, 30, 1)), alpha, 1, {.iterations = 2});
  CHECK_FALSE(outcome.converged);
  CHECK(outcome.iterations == 2);
  CHECK(outcome.residual > 1e-7);
  CHECK(after == before);
}

TEST_CASE("poisson_blend reduces colours to the mean over a grey image and takes grey for each colour", "[poisson]") {
  const Field& alpha = masks()[2];
  const Planes colours = calm(random_planes(3, 9, 12, 1));
  Field mean(9, 12);
  for (std::size_t i = 0; i < 108; ++i) {
    mean.values()[i] = (colours[0].values()[i] + colours[1].values()[i] + colours[2].values()[i]) / 3;
  }
  Image one = float_image(9, 12, 1, 5);
  Image other = one;
  CHECK(poisson_blend(one, colours, alpha, 1).converged);
  CHECK(poisson_blend(other, {mean}, alpha, 1).converged);
  const Planes a = to_planes(one.view());
  const Planes b = to_planes(other.view());
  for (std::size_t i = 0; i < 108; ++i) CHECK(std::abs(a[0].values()[i] - b[0].values()[i]) < 1e-5F);
  Image colour = float_image(9, 12, 3, 5);
  Image same = colour;
  CHECK(poisson_blend(colour, {mean}, alpha, 1).converged);
  CHECK(poisson_blend(same, {mean, mean, mean}, alpha, 1).converged);
  CHECK(colour == same);
}

TEST_CASE("poisson_blend names what it refuses", "[poisson]") {
  Image image(PixelType::uint8, 4, 5, 3);
  const Planes source(3, Field(4, 5));
  const Field alpha(4, 5, 1);
  CHECK_THROWS_WITH(poisson_blend(image, source, alpha, -0.5), "poisson_blend: factor = -0.500000 is not in [0, 1]");
  CHECK_THROWS_AS(poisson_blend(image, source, alpha, 1, {.tolerance = 0}), ParameterError);
  CHECK_THROWS_AS(poisson_blend(image, source, alpha, 1, {.tolerance = std::numeric_limits<double>::quiet_NaN()}),
                  ParameterError);
  CHECK_THROWS_AS(poisson_blend(image, source, alpha, 1, {.iterations = 0}), ParameterError);
  CHECK_THROWS_AS(poisson_blend(image, source, Field(4, 4), 1), DataError);
  CHECK_THROWS_AS(poisson_blend(image, Planes(2, Field(4, 5)), alpha, 1), DataError);
}

TEST_CASE("poisson_blend gives the same bits everywhere", "[poisson]") {
  std::uint64_t hash = 0;
  const Field alpha = mask_of(60, 70, [](int r, int c) { return (r - 30) * (r - 30) + (c - 9) * (c - 9) < 500; });
  for (const bool mixed : {false, true}) {
    for (const PixelType type : {PixelType::uint8, PixelType::float32}) {
      Image image = random_image(type, 60, 70, 3, 3);
      CHECK(poisson_blend(image, random_planes(3, 60, 70, 4), alpha, 0.7, {.mixed = mixed}).converged);
      hash = hash_of(image, hash);
    }
  }
  CHECK(hash == 0xAFE75AC050FD4493);
}
