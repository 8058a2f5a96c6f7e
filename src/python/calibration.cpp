// SPDX-License-Identifier: Apache-2.0
// plimsoll._calibration: decides maps by calibration files. Apart from _core, as plimsoll::io may need OpenCV.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "arrays.hpp"
#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/decide/map_workspace.hpp"
#include "plimsoll/io/calibration_file.hpp"

namespace plimsoll {
namespace {

namespace py = pybind11;

/// label, verdict, score, mask, regions; None for the mask where the calibration makes none.
py::tuple to_python(const Decision& decision) {
  py::object mask = py::none();
  if (decision.mask.rows() > 0) {
    py::array_t<std::uint8_t> bytes({decision.mask.rows(), decision.mask.columns()});
    std::memcpy(bytes.mutable_data(), decision.mask.row(0).data(), decision.mask.size());
    mask = bytes;
  }
  py::list regions;
  for (const Region& region : decision.regions) {
    regions.append(py::make_tuple(region.area, region.row_begin, region.row_end, region.column_begin, region.column_end,
                                  region.peak, region.centroid_row, region.centroid_column));
  }
  const std::string_view verdict = to_string(decision.verdict);
  return py::make_tuple(static_cast<int>(decision.label), py::str(verdict.data(), verdict.size()), decision.score, mask,
                        regions);
}

py::list decide_maps(const Calibration& calibration, const py::array& array) {
  const python::Maps maps(array, false);
  py::list decisions;
  MapWorkspace workspace(maps.rows, maps.columns);
  for (std::size_t i = 0; i < maps.count; ++i) {
    const Decision decision = [&] {
      const py::gil_scoped_release unlocked;
      return calibration.decide(maps[i], workspace);
    }();
    decisions.append(to_python(decision));
  }
  return decisions;
}

}  // namespace
}  // namespace plimsoll

PYBIND11_MODULE(_calibration, module) {
  using namespace plimsoll;
  py::class_<Calibration>(module, "Calibration")
      .def(py::init([](const std::string& path) { return io::read_calibration_file(path).calibration; }),
           py::arg("path"))
      .def("decide", &decide_maps, py::arg("maps"))
      .def_property_readonly(
          "cutoff",
          [](const Calibration& calibration) { return directed(calibration.cutoff.value(), calibration.direction); })
      .def_property_readonly(
          "direction", [](const Calibration& calibration) { return std::string(to_string(calibration.direction)); })
      .def_property_readonly("makes_masks",
                             [](const Calibration& calibration) { return calibration.mask.has_value(); });
}
