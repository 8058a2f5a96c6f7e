// SPDX-License-Identifier: Apache-2.0
// synth: what it writes against its manifest, against the library, and against itself after every kind of interruption.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "map_files.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;

namespace {

namespace fs = std::filesystem;

/// A picture of noise that stays away from black and white, so that something else is seen on it.
void draw_picture(const Workspace& workspace, const std::string& name, int rows, int columns, int type,
                  std::uint64_t seed) {
  test::Random random(seed);
  cv::Mat picture(rows, columns, type);
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < columns * picture.channels(); ++i) {
      const auto level = static_cast<int>(100 + random.below(20));
      if (picture.depth() == CV_16U) {
        picture.ptr<std::uint16_t>(row)[i] = static_cast<std::uint16_t>(257 * level + 3);
      } else {
        picture.ptr(row)[i] = static_cast<std::uint8_t>(level);
      }
    }
  }
  fs::create_directories(workspace.path(name).parent_path());
  REQUIRE(cv::imwrite(workspace.path(name).string(), picture));
}

/// A folder `good` with an image of each kind.
class WithImages : public Workspace {
 public:
  WithImages() {
    draw_picture(*this, "good/colour.png", 24, 32, CV_8UC3, 1);
    draw_picture(*this, "good/deep, wide.png", 20, 40, CV_16UC3, 2);
    draw_picture(*this, "good/grey.bmp", 24, 24, CV_8UC1, 3);
    draw_picture(*this, "good/photo.jpg", 30, 22, CV_8UC3, 4);
    draw_picture(*this, "good/xray.tif", 26, 26, CV_16UC1, 5);
  }
  static constexpr std::size_t images = 5;
};

/// Every file below a folder with its bytes.
std::map<std::string, std::string> contents(const Workspace& workspace, const std::string& folder) {
  std::map<std::string, std::string> files;
  const fs::path root = workspace.path(folder);
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root).string();
    if (entry.is_regular_file()) files[name] = workspace.read(folder + "/" + name);
  }
  return files;
}

/// A row of the manifest by the columns' names.
using Row = std::map<std::string, std::string>;

/// RFC 4180; no line breaks within cells.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (inside && i + 1 < line.size() && line[i + 1] == '"')
        cells.back() += line[++i];
      else
        inside = !inside;
    } else if (line[i] == ',' && !inside) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  return cells;
}

std::vector<Row> manifest_of(const Workspace& workspace, const std::string& folder) {
  const std::vector<std::string> lines = lines_of(workspace.read(folder + "/manifest.csv"));
  REQUIRE_FALSE(lines.empty());
  const std::vector<std::string> names = cells_of(lines.front());
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = cells_of(lines[i]);
    REQUIRE(cells.size() == names.size());
    Row& row = rows.emplace_back();
    for (std::size_t column = 0; column < names.size(); ++column) row[names[column]] = cells[column];
  }
  return rows;
}

cv::Mat picture_of(const Workspace& workspace, const std::string& name) {
  INFO(name);
  cv::Mat picture = cv::imread(workspace.path(name).string(), cv::IMREAD_UNCHANGED);
  REQUIRE_FALSE(picture.empty());
  return picture;
}

/// Whether two pixels are the same bytes.
bool same_pixel(const cv::Mat& a, const cv::Mat& b, int row, int column) {
  const auto size = static_cast<int>(a.elemSize());
  return std::equal(a.ptr(row) + column * size, a.ptr(row) + (column + 1) * size, b.ptr(row) + column * size);
}

/// Checks an item's files against its row; gives its anomalous pixels.
std::size_t check_item(const Workspace& workspace, const std::string& folder, const Row& row) {
  const cv::Mat original = picture_of(workspace, row.at("original"));
  const cv::Mat image = picture_of(workspace, folder + "/" + row.at("file"));
  const cv::Mat mask = picture_of(workspace, folder + "/" + row.at("mask"));
  REQUIRE(image.type() == original.type());
  REQUIRE(image.size() == original.size());
  REQUIRE(mask.type() == CV_8UC1);
  REQUIRE(mask.size() == original.size());
  std::size_t area = 0;
  std::size_t changed = 0;
  bool kept_outside = true;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const bool same = same_pixel(original, image, y, x);
      const int level = mask.at<std::uint8_t>(y, x);
      CHECK((level == 0 || level == 255));
      if (level == 255) ++area;
      if (level == 255 && !same) ++changed;
      if (level == 0 && !same) kept_outside = false;
    }
  }
  CHECK(kept_outside);
  CHECK(row.at("area") == std::to_string(area));
  CHECK((row.at("label") == "anomalous") == (area > 0));
  CHECK((changed > 0) == (area > 0));
  return area;
}

/// What a run says on standard output and error; it succeeds.
Outcome done(const Workspace& workspace, const std::string& arguments) {
  Outcome outcome = workspace.run("synth " + arguments);
  INFO(outcome.err);
  CHECK(outcome.status == 0);
  return outcome;
}

std::uint64_t inode(const Workspace& workspace, const std::string& name) {
  struct ::stat status {};
  REQUIRE(::stat(workspace.path(name).c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("synth: every kind of image, each item as its line says, whatever --jobs") {
  const WithImages workspace;
  for (const std::string options :
       {"", "--source noise --mask blob", "--source cut_paste", "--mask scratch --source colour --format tiff"}) {
    INFO(options);
    fs::remove_all(workspace.path("one"));
    fs::remove_all(workspace.path("four"));
    check_success(workspace.run("synth good -o one --seed 11 --count 4 --jobs 1 " + options));
    check_success(workspace.run("synth good -o four --seed 11 --count 4 --jobs 4 " + options));
    CHECK(contents(workspace, "one") == contents(workspace, "four"));
    const std::vector<Row> rows = manifest_of(workspace, "one");
    REQUIRE(rows.size() == 4 * WithImages::images);
    std::size_t anomalous = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(rows[i].at("index") == std::to_string(i));
      CHECK(rows[i].at("seed") == "11");
      if (check_item(workspace, "one", rows[i]) > 0) ++anomalous;
    }
    CHECK(anomalous == rows.size());
    CHECK(rows[6].at("original") == "good/deep, wide.png");
    CHECK(rows[6].at("file") ==
          (options.ends_with("tiff") ? "images/deep, wide_001.tiff" : "images/deep, wide_001.png"));
    CHECK(rows[6].at("mask") == "masks/deep, wide_001.png");
    const auto files = contents(workspace, "one");
    CHECK(files.size() == 2 * rows.size() + 2);
    CHECK(files.contains("parameters.json"));
    check_indented(files.at("parameters.json"));
  }
}

TEST_CASE("synth: items are the library's, and severities the same anomaly") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o out --seed 7 --count 2 --severity 0.25,1 --source other_normal"));
  const std::vector<Row> rows = manifest_of(workspace, "out");
  const std::vector<std::string> originals{"colour.png", "deep, wide.png", "grey.bmp", "photo.jpg", "xray.tif"};
  REQUIRE(rows.size() == 4 * originals.size());
  std::vector<synth::Image> images;
  for (const std::string& name : originals) images.push_back(io::read_image(workspace.path("good/" + name).string()));
  synth::SyntheticAnomaliesParameters parameters;
  parameters.seed = 7;
  parameters.source = synth::SourceKind::other_normal;
  const synth::SyntheticAnomalies generator(parameters, images);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t index = i / 2;
    const synth::SyntheticItem item = generator(images[index % 5].view(), index, i % 2 == 0 ? 0.25 : 1);
    CHECK(rows[i].at("original") == "good/" + originals[index % 5]);
    CHECK(rows[i].at("index") == std::to_string(index));
    CHECK(rows[i].at("severity") == (i % 2 == 0 ? "0.25" : "1"));
    CHECK(std::strtod(rows[i].at("blend").c_str(), nullptr) == item.provenance.blend);
    CHECK(rows[i].at("material") != originals[index % 5]);  // another
    CHECK(rows[i].at("source") == "other_normal");
    CHECK(io::read_image(workspace.path("out/" + rows[i].at("file")).string()) == item.image);
  }
  for (std::size_t i = 0; i < rows.size(); i += 2) {
    CHECK(workspace.read("out/" + rows[i].at("mask")) == workspace.read("out/" + rows[i + 1].at("mask")));
    CHECK(workspace.read("out/" + rows[i].at("file")) != workspace.read("out/" + rows[i + 1].at("file")));
    for (const std::string same : {"augmentations", "material", "area"})
      CHECK(rows[i].at(same) == rows[i + 1].at(same));
  }
}

TEST_CASE("synth: a run goes on where another ended") {
  const WithImages workspace;
  const std::string arguments = "good -o out --count 3 --seed 2";
  check_success(workspace.run("synth " + arguments));
  const auto whole = contents(workspace, "out");
  const std::uint64_t kept = inode(workspace, "out/images/colour_000.png");

  // Nothing to do.
  const Outcome again = done(workspace, arguments + " --jobs 3");
  CHECK(again.out.find("kept      15 of them") != std::string::npos);
  CHECK(contents(workspace, "out") == whole);
  CHECK(inode(workspace, "out/images/colour_000.png") == kept);

  // An image, a mask, an empty file, and what a killed run leaves.
  fs::remove(workspace.path("out/images/grey_001.png"));
  fs::remove(workspace.path("out/masks/xray_002.png"));
  workspace.write("out/images/photo_000.png", "");
  workspace.write("out/images/photo_001.png.4711.0.tmp", "half");
  workspace.write("out/manifest.csv.4711.0.tmp", "half");
  const Outcome mended = done(workspace, arguments);
  CHECK(mended.out.find("kept      12 of them") != std::string::npos);
  CHECK(contents(workspace, "out") == whole);
  CHECK(inode(workspace, "out/images/colour_000.png") == kept);

  // A record that ends within a line, and that has lines of other items.
  const std::vector<std::string> lines = lines_of(whole.at("manifest.csv"));
  fs::remove(workspace.path("out/manifest.csv"));
  workspace.write("out/manifest.csv.part", lines[0] + "\n" + lines[1] +
                                               "\nimages/other_000.png,masks/other_000.png,x\n" + lines[3] + "\n" +
                                               lines[4].substr(0, lines[4].size() / 2));
  CHECK(done(workspace, arguments).out.find("kept      2 of them") != std::string::npos);
  CHECK(contents(workspace, "out") == whole);
}

TEST_CASE("synth: a run that is killed leaves whole files and can be gone on with") {
  const Workspace workspace;
  for (int i = 0; i < 6; ++i) {
    draw_picture(workspace, "good/part" + std::to_string(i) + ".png", 300, 300, CV_8UC3, static_cast<std::uint64_t>(i));
  }
  const std::string arguments = "good -o out --count 15 --jobs 2";
  const ::pid_t child = workspace.start({"synth", "good", "-o", "out", "--count", "15", "--jobs", "2"});
  const auto count = [&](const std::string& folder) {
    std::error_code error;
    std::size_t files = 0;
    for (fs::directory_iterator entry(workspace.path(folder), error), end; !error && entry != end;
         entry.increment(error)) {
      files += entry->path().extension() == ".png" ? 1U : 0U;  // not those that are being written
    }
    return files;
  };
  const auto start = std::chrono::steady_clock::now();
  while (count("out/masks") < 10 && std::chrono::steady_clock::now() - start < std::chrono::seconds(120)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK_FALSE(fs::exists(workspace.path("out/manifest.csv")));
  std::size_t whole = 0;
  for (const auto& [name, bytes] : contents(workspace, "out")) {
    if (!name.ends_with(".png")) continue;
    ++whole;
    CHECK(picture_of(workspace, "out/" + name).size() == cv::Size(300, 300));
  }
  CHECK(whole >= 20);
  CHECK(whole < 180);
  const Outcome rest = done(workspace, arguments);
  CHECK(rest.out.find("kept ") != std::string::npos);
  const Outcome fresh = done(workspace, "good -o fresh --count 15 --jobs 1");
  CHECK(fresh.out.find("kept ") == std::string::npos);
  CHECK(contents(workspace, "out") == contents(workspace, "fresh"));
}

TEST_CASE("synth: a folder of other parameters is refused, and replaced by --force") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o out --count 2"));
  const auto before = contents(workspace, "out");
  check_refused(workspace.run("synth good -o out --count 2 --seed 5"), 2,
                {"-o out", "seed is 0 there and 5 now", "--force"});
  check_refused(workspace.run("synth good -o out --count 2 --softness 3"), 2,
                {"mask.softness is 0.0 there and 3.0 now"});
  check_refused(workspace.run("synth good/grey.bmp -o out --count 2"), 2, {"images.count is 5 there and 1 now"});
  CHECK(contents(workspace, "out") == before);
  workspace.write("out/images/mine.txt", "mine");
  workspace.write("out/images/cover.png", "mine");
  check_success(workspace.run("synth good -o out --seed 5 --force"));
  check_success(workspace.run("synth good -o fresh --seed 5"));
  CHECK(fs::remove(workspace.path("out/images/mine.txt")));
  CHECK(fs::remove(workspace.path("out/images/cover.png")));
  CHECK(contents(workspace, "out") == contents(workspace, "fresh"));

  // What is called as an item of no original that was or is used is somebody else's, and so is a temporary file.
  workspace.write("out/images/holiday_2024.png", "mine");
  workspace.write("out/masks/grey_2024.txt", "mine");
  workspace.write("out/notes.2026.11.tmp", "mine");
  workspace.write("out/images/notes.txt.2026.11.tmp", "mine");
  // What a run that was killed may have left is not.
  for (const char* left : {"images/grey_7.png", "masks/grey_7_s1.png", "images/grey_1.png.12.0.tmp",
                           "manifest.csv.12.0.tmp", "manifest.csv.part.12.1.tmp", "parameters.json.3.0.tmp"}) {
    workspace.write("out/" + std::string(left), "left");
  }
  // Of a long name a temporary file has the first 200 bytes.
  workspace.write("out/masks/" + std::string(200, 'x') + ".12.0.tmp", "left");
  workspace.write("out/masks/" + std::string(199, 'x') + ".12.0.tmp", "mine");
  check_success(workspace.run("synth good -o out --seed 5 --force"));
  for (const char* mine :
       {"images/holiday_2024.png", "masks/grey_2024.txt", "notes.2026.11.tmp", "images/notes.txt.2026.11.tmp"}) {
    INFO(mine);
    CHECK(fs::remove(workspace.path("out/" + std::string(mine))));
  }
  CHECK(fs::remove(workspace.path("out/masks/" + std::string(199, 'x') + ".12.0.tmp")));
  CHECK(contents(workspace, "out") == contents(workspace, "fresh"));
  // The items of originals that are no longer used go too.
  check_success(workspace.run("synth good/grey.bmp -o out --force"));
  check_success(workspace.run("synth good/grey.bmp -o alone"));
  CHECK(contents(workspace, "out") == contents(workspace, "alone"));
  check_success(workspace.run("synth good -o out --seed 5 --force"));

  // An original that changed in size is another.
  draw_picture(workspace, "good/grey.bmp", 25, 24, CV_8UC1, 3);
  check_refused(workspace.run("synth good -o out --seed 5"), 2, {"images.fingerprint"});
  // An error while the record is read is not its end: what it names would stay. (Memory at 0 cannot be read.)
  fs::rename(workspace.path("out/manifest.csv"), workspace.path("kept.csv"));
  fs::create_symlink("/proc/self/mem", workspace.path("out/manifest.csv"));
  check_refused(workspace.run("synth good -o out --seed 5 --force"), 2, {"out/manifest.csv: cannot read"});
  fs::rename(workspace.path("kept.csv"), workspace.path("out/manifest.csv"));
  check_success(workspace.run("synth good -o out --seed 5 --force"));
  // Folders of others are left alone, with --force, too.
  draw_picture(workspace, "theirs/images/a.png", 9, 9, CV_8UC1, 1);
  check_refused(workspace.run("synth good -o theirs --force"), 2, {"images there is not of plimsoll synth"});
  fs::create_directory(workspace.path("json"));
  fs::create_directory(workspace.path("json/parameters.json"));
  check_refused(workspace.run("synth good -o json"), 2, {"parameters.json there is not of plimsoll synth"});
  fs::remove(workspace.path("json/parameters.json"));
  workspace.write("json/parameters.json", "{\"learning_rate\": 1}");
  check_refused(workspace.run("synth good -o json --force"), 2, {"parameters.json there is not of plimsoll synth"});
  // Nested deeper than a stack is high.
  workspace.write("json/parameters.json", "{\"format\": \"plimsoll-synth\", \"x\": " + std::string(200000, '[') +
                                              std::string(200000, ']') + "}");
  check_refused(workspace.run("synth good -o json"), 2, {"parameters.json there is not of plimsoll synth"});
  // Of so many names or values that looking up each would take minutes.
  std::string names;
  std::string values;
  for (int i = 0; i < 200'000; ++i) {
    names += ",\"" + std::to_string(i) + "\":0";
    values += ",0";
  }
  for (const std::string& many : {names, ",\"x\":[0" + values + "]"}) {
    workspace.write("json/parameters.json", "{\"format\": \"plimsoll-synth\"" + many + "}");
    check_refused(workspace.run("synth good -o json"), 2, {"parameters.json there is not of plimsoll synth"});
  }
}

TEST_CASE("synth: two runs do not write to a folder at once") {
  const WithImages workspace;
  fs::create_directory(workspace.path("out"));
  const int folder = ::open(workspace.path("out").c_str(), O_RDONLY | O_DIRECTORY);
  REQUIRE(::flock(folder, LOCK_EX) == 0);
  check_refused(workspace.run("synth good -o out"), 2, {"-o out: another plimsoll synth is writing there"});
  ::close(folder);
  check_success(workspace.run("synth good -o out"));
}

TEST_CASE("synth: originals of one name keep apart") {
  const Workspace workspace;
  for (const std::string name : {"a/x.png", "b/x.png", "b/x_2.png", "b/deep/x.png", "b/deep/y.png"}) {
    draw_picture(workspace, name, 16, 16, CV_8UC1, name.size());
  }
  const auto files = [&](const std::string& arguments) {
    check_success(workspace.run("synth " + arguments + " -o out --force"));
    std::vector<std::string> names;
    for (const Row& row : manifest_of(workspace, "out")) names.push_back(row.at("original") + " " + row.at("file"));
    return names;
  };
  CHECK(files("a b") == std::vector<std::string>{"a/x.png images/x_000.png", "b/x.png images/x_3_000.png",
                                                 "b/x_2.png images/x_2_000.png"});
  CHECK(files("b/x.png a --recursive") ==
        std::vector<std::string>{"b/x.png images/x_000.png", "a/x.png images/x_2_000.png"});
  CHECK(files("b --recursive") ==
        std::vector<std::string>{"b/deep/x.png images/x_000.png", "b/deep/y.png images/y_000.png",
                                 "b/x.png images/x_3_000.png", "b/x_2.png images/x_2_000.png"});
  CHECK(contents(workspace, "out").size() == 10);  // --force left nothing of the others
}

TEST_CASE("synth: anomalies keep to the foreground, and none is never silent") {
  const WithImages workspace;
  fs::create_directory(workspace.path("parts"));
  for (const auto& entry : fs::directory_iterator(workspace.path("good"))) {
    const cv::Mat picture = cv::imread(entry.path().string(), cv::IMREAD_UNCHANGED);
    cv::Mat mask(picture.size(), CV_8UC1, cv::Scalar(0));
    mask.rowRange(0, picture.rows / 2).setTo(255);
    const std::string name = "parts/" + entry.path().stem().string() + "_mask.png";
    REQUIRE(cv::imwrite(workspace.path(name).string(), mask));
  }
  check_success(workspace.run("synth good -o out --foreground parts --count 3 --mask blob"));
  for (const Row& row : manifest_of(workspace, "out")) {
    CHECK(check_item(workspace, "out", row) > 0);
    const cv::Mat mask = picture_of(workspace, "out/" + row.at("mask"));
    CHECK(cv::countNonZero(mask.rowRange(mask.rows / 2, mask.rows)) == 0);
  }
  // No foreground in one of them.
  const cv::Mat nothing(24, 24, CV_8UC1, cv::Scalar(0));
  REQUIRE(cv::imwrite(workspace.path("parts/grey_mask.png").string(), nothing));
  const Outcome outcome = done(workspace, "good -o empty --foreground parts --count 3 --mask blob");
  CHECK(outcome.err == "plimsoll: no anomaly could be made for 3 of 15 items; manifest.csv calls them normal\n");
  CHECK(outcome.out ==
        "15 items of 5 images: 12 anomalous, 3 normal for want of an anomaly\n"
        "  written   empty: images, masks, manifest.csv, parameters.json\n");
  for (const Row& row : manifest_of(workspace, "empty")) {
    CHECK((row.at("label") == "normal") == (row.at("original") == "good/grey.bmp"));
    static_cast<void>(check_item(workspace, "empty", row));
  }
  // It is said again when nothing is left to do.
  CHECK(done(workspace, "good -o empty --foreground parts --count 3 --mask blob").err == outcome.err);
  // Limits that no mask can keep.
  const Outcome beyond = done(workspace, "good -o beyond --mask scratch --least-area 0.9");
  CHECK(beyond.err == "plimsoll: 5 of 5 masks do not keep the limits of area; manifest.csv says which (met_limits)\n");
  CHECK(beyond.out ==
        "5 items of 5 images: 5 anomalous\n  written   beyond: images, masks, manifest.csv, parameters.json\n");
  for (const Row& row : manifest_of(workspace, "beyond")) CHECK(row.at("met_limits") == "false");
  // A foreground of another size.
  REQUIRE(cv::imwrite(workspace.path("parts/grey_mask.png").string(), cv::Mat(24, 23, CV_8UC1, cv::Scalar(255))));
  check_refused(workspace.run("synth good -o size --foreground parts"), 2, {"good/grey.bmp", "24 x 23", "24 x 24"});
}

TEST_CASE("synth: with --probability some items are the images themselves") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o none --probability 0"));
  for (const Row& row : manifest_of(workspace, "none")) CHECK(check_item(workspace, "none", row) == 0);
  // 100 items, each normal with probability 1/2: outside of [25, 75] with probability 2.6e-7 (binomial), fixed seed.
  const Outcome half = done(workspace, "good -o half --probability 0.5 --count 20");
  CHECK(half.err.empty());
  std::size_t normal = 0;
  for (const Row& row : manifest_of(workspace, "half")) normal += check_item(workspace, "half", row) == 0 ? 1U : 0U;
  CHECK(normal >= 25);
  CHECK(normal <= 75);
  const std::string written = "\n  written   half: images, masks, manifest.csv, parameters.json\n";
  const std::string counts = "100 items of 5 images: " + std::to_string(100 - normal) + " anomalous, " +
                             std::to_string(normal) + " normal by chance";
  CHECK(half.out == counts + written);
  // The same again makes nothing anew, and counts it all.
  CHECK(done(workspace, "good -o half --probability 0.5 --count 20").out ==
        counts + "\n  kept      100 of them, from an earlier run" + written);
}

TEST_CASE("synth: a folder of images is the source") {
  const WithImages workspace;
  cv::Mat red(8, 8, CV_8UC3, cv::Scalar(0, 0, 255));
  fs::create_directory(workspace.path("red"));
  REQUIRE(cv::imwrite(workspace.path("red/red.png").string(), red));
  check_success(workspace.run("synth good/colour.png -o out --source red --augmentations 0 --blend 1 1 --mask blob"));
  const Row row = manifest_of(workspace, "out").at(0);
  CHECK(row.at("source") == "images");
  CHECK(row.at("material") == "red.png");
  CHECK(row.at("augmentations").empty());
  const cv::Mat image = picture_of(workspace, "out/" + row.at("file"));
  const cv::Mat mask = picture_of(workspace, "out/" + row.at("mask"));
  bool all_red = true;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (mask.at<std::uint8_t>(y, x) != 0) all_red = all_red && image.at<cv::Vec3b>(y, x) == cv::Vec3b(0, 0, 255);
    }
  }
  CHECK(all_red);
}

TEST_CASE("synth: the masks are read by evaluate") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o out --source colour --blend 1 1"));
  fs::create_directories(workspace.path("maps"));
  test::Random random(9);
  for (const Row& row : manifest_of(workspace, "out")) {
    const cv::Mat mask = picture_of(workspace, "out/" + row.at("mask"));
    TestMap map{{}, static_cast<std::size_t>(mask.rows), static_cast<std::size_t>(mask.cols)};
    for (int y = 0; y < mask.rows; ++y) {
      for (int x = 0; x < mask.cols; ++x) {
        map.pixels.push_back(static_cast<float>(random.uniform() + (mask.at<std::uint8_t>(y, x) != 0 ? 5 : 0)));
      }
    }
    workspace.write("maps/" + fs::path(row.at("mask")).stem().string() + ".npy", npy_map(map));
  }
  write_folder(workspace, "normal", draw_maps(60, 4, 0));
  const Outcome outcome = workspace.run("evaluate --maps normal maps --labels out/masks --format json");
  check_success(outcome);
}

TEST_CASE("synth: wrong input is refused before or when it is met, and says where") {
  const WithImages workspace;
  workspace.write("good/words.txt", "passed over");
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("synth " + arguments), 2, mentions);
  };
  refused("-o out", {"IMAGES"});
  refused("good", {"--output"});
  refused("nowhere -o out", {"nowhere: no such file"});
  refused("- -o out", {"standard input gives no images"});
  fs::create_directory(workspace.path("empty"));
  refused("empty -o out", {"empty: there is no file in this folder that ends in .png"});
  workspace.write("file", "");
  refused("good -o file", {"-o file: cannot make this folder"});
  for (const std::string name : {"images", "masks"}) {
    fs::create_directory(workspace.path("no" + name));
    workspace.write("no" + name + "/" + name, "");
    refused("good -o no" + name, {"-o no" + name + ": cannot make the folder " + name});
  }
  refused("good -o out --source nothing", {"--source nothing", "textures", "random_phase"});
  refused("good/grey.bmp -o out --source other_normal", {"other_normal", "at least 2"});
  refused("good -o out --severity 0.5,2", {"--severity 0.5,2", "'2'"});
  refused("good -o out --severity 0.5,0.5", {"twice"});
  refused("good -o out --severity 0.5,", {"''"});
  refused("good -o out --blend 0.8 0.2", {"[0.8"});
  refused("good -o out --probability nan", {"probability"});
  refused("good -o out --count 0", {"--count"});
  refused("good -o out --augmentations 11", {"--augmentations"});
  refused("good -o out --mask square", {"square"});
  refused("good -o out --source scar --mask blob", {"scar", "takes no --mask"});
  refused("good -o out --least-area 0.5 --most-area 0.1", {"area"});
  refused("good -o out --foreground empty", {"empty"});
  CHECK_FALSE(fs::exists(workspace.path("out")));
  // Where the images themselves are.
  fs::rename(workspace.path("good"), workspace.path("images"));
  refused("images -o .", {"IMAGES are in its folder images"});
  fs::rename(workspace.path("images"), workspace.path("masks"));
  refused("masks -o .", {"IMAGES are in its folder masks"});
  fs::rename(workspace.path("masks"), workspace.path("images"));
  refused("images -o images/out --recursive", {"lies within images"});
  refused(". -o new --recursive", {"lies within ."});
  CHECK_FALSE(fs::exists(workspace.path("parameters.json")));
  // A damaged image stops the run, of several the first is named; what is written stays for the next.
  workspace.write("images/broken.png", "\x89PNG\r\n\x1a\n and no more");
  workspace.write("images/torn.jpg", workspace.read("images/photo.jpg").substr(0, 300));
  const Outcome broken = workspace.run("synth images -o out --jobs 3");
  CHECK(broken.status == 2);
  CHECK(broken.err.find("plimsoll: images/broken.png: cannot decode the image") != std::string::npos);
  CHECK_FALSE(fs::exists(workspace.path("out/manifest.csv")));
}

TEST_CASE("synth: each option reaches the generator, the manifest and the parameters") {
  const WithImages workspace;
  fs::create_directories(workspace.path("parts"));
  fs::create_directories(workspace.path("own/deep"));
  draw_picture(workspace, "own/a.png", 12, 12, CV_8UC3, 21);
  draw_picture(workspace, "own/deep/b.png", 15, 9, CV_8UC3, 22);
  const std::vector<std::string> names{"colour.png", "deep, wide.png", "grey.bmp", "photo.jpg", "xray.tif"};
  std::vector<synth::Image> images;
  std::vector<std::vector<std::uint8_t>> foregrounds;
  for (const std::string& name : names) {
    images.push_back(io::read_image(workspace.path("good/" + name).string()));
    // All but a frame of two pixels.
    const auto rows = static_cast<int>(images.back().view().rows());
    const auto columns = static_cast<int>(images.back().view().columns());
    cv::Mat part(rows, columns, CV_8UC1, cv::Scalar(0));
    part(cv::Rect(2, 2, columns - 4, rows - 4)).setTo(255);
    REQUIRE(cv::imwrite(workspace.path("parts/" + fs::path(name).stem().string() + ".png").string(), part));
    std::vector<std::uint8_t>& bytes = foregrounds.emplace_back();
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) bytes.push_back(part.at<std::uint8_t>(row, column) != 0 ? 1 : 0);
    }
  }
  const std::vector<synth::Image> own{io::read_image(workspace.path("own/a.png").string()),
                                      io::read_image(workspace.path("own/deep/b.png").string())};
  const auto check = [&](const std::string& options, const synth::SyntheticAnomaliesParameters& parameters,
                         bool foreground, const std::vector<synth::Image>& sources) {
    INFO(options);
    const Outcome outcome = done(workspace, "good -o out --force --count 2 " + options);
    const synth::SyntheticAnomalies generator =
        sources.empty() ? synth::SyntheticAnomalies(parameters) : synth::SyntheticAnomalies(parameters, sources);
    const std::vector<Row> rows = manifest_of(workspace, "out");
    REQUIRE(rows.size() == 10);
    std::size_t anomalous = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const synth::ImageView image = images[i % 5].view();
      const Mask part = foreground ? Mask(foregrounds[i % 5].data(), image.rows(), image.columns()) : Mask();
      const synth::SyntheticItem item = generator(image, i, 1, part);
      const synth::Provenance& made = item.provenance;
      const Row& row = rows[i];
      CHECK(io::read_image(workspace.path("out/" + row.at("file")).string()) == item.image);
      const cv::Mat mask = picture_of(workspace, "out/" + row.at("mask"));
      std::size_t wrong = 0;
      for (std::size_t pixel = 0; pixel < item.mask.bytes.size(); ++pixel) {
        wrong += (item.mask.bytes[pixel] != 0 ? 255 : 0) != mask.data[pixel];
      }
      CHECK(wrong == 0);
      CHECK(row.at("seed") == std::to_string(parameters.seed));
      CHECK(row.at("source") == std::string(to_string(parameters.source)));
      CHECK(row.at("label") == (made.applied ? "anomalous" : "normal"));
      CHECK(row.at("augmentations") == made.augmentations);
      CHECK(std::stod(row.at("blend")) == made.blend);
      CHECK(row.at("area") == std::to_string(made.area));
      CHECK(row.at("components") == std::to_string(made.components));
      CHECK(row.at("attempts") == std::to_string(made.attempts));
      CHECK(row.at("met_limits") == (made.met_limits ? "true" : "false"));
      anomalous += made.applied ? 1U : 0U;
    }
    CHECK(anomalous > 4);
    CHECK(outcome.out.starts_with("10 items of 5 images: " + std::to_string(anomalous) + " anomalous"));
    // What is told of the parameters.
    const auto json = nlohmann::json::parse(workspace.read("out/parameters.json"));
    const synth::MaskParameters& mask = parameters.mask;
    CHECK(json.at("format") == "plimsoll-synth");
    CHECK(json.at("images").at("count") == 5);
    CHECK(json.at("seed") == parameters.seed);
    CHECK(json.at("count") == 2);
    CHECK(json.at("severities") == std::vector<double>{1});
    CHECK(json.at("probability") == parameters.probability);
    CHECK(json.at("source") == std::string(to_string(parameters.source)));
    CHECK(json.at("augmentations") == parameters.augmentations);
    CHECK(json.at("blending") == (parameters.blending == synth::Blending::poisson ? "poisson" : "alpha"));
    CHECK(json.at("least_blend") == parameters.least_blend);
    CHECK(json.at("most_blend") == parameters.most_blend);
    CHECK(json.at("white") == parameters.white);
    CHECK(json.at("file_format") == "png");
    const auto count_of = [&](const char* list) {
      return json.at(list).is_null() ? 0 : json.at(list).at("count").get<int>();
    };
    CHECK(count_of("foreground") == (foreground ? 5 : 0));
    CHECK(count_of("source_images") == static_cast<int>(sources.size()));
    const auto kind = mask.kind == synth::MaskKind::blob      ? "blob"
                      : mask.kind == synth::MaskKind::scratch ? "scratch"
                                                              : "perlin";
    CHECK(json.at("mask") == nlohmann::json{{"kind", kind},
                                            {"least_scale", mask.least_scale},
                                            {"most_scale", mask.most_scale},
                                            {"rotation", mask.rotation},
                                            {"level", mask.level},
                                            {"least_count", mask.least_count},
                                            {"most_count", mask.most_count},
                                            {"least_size", mask.least_size},
                                            {"most_size", mask.most_size},
                                            {"irregularity", mask.irregularity},
                                            {"least_length", mask.least_length},
                                            {"most_length", mask.most_length},
                                            {"least_width", mask.least_width},
                                            {"most_width", mask.most_width},
                                            {"curvature", mask.curvature},
                                            {"second_mask", mask.second_mask},
                                            {"softness", mask.softness},
                                            {"least_area", mask.least_area},
                                            {"most_area", mask.most_area},
                                            {"attempts", mask.attempts}});
  };
  synth::SyntheticAnomaliesParameters parameters;
  parameters.seed = 5;
  parameters.probability = 0.8;
  parameters.mask.kind = synth::MaskKind::blob;
  parameters.mask.least_area = 0.05;
  parameters.mask.most_area = 0.3;
  parameters.mask.softness = 3;
  parameters.mask.second_mask = 0.5;
  parameters.least_blend = 0.4;
  parameters.most_blend = 0.7;
  parameters.augmentations = 2;
  parameters.white = 240;
  check(
      "--seed 5 --probability 0.8 --mask blob --least-area 0.05 --most-area 0.3 --softness 3 --second-mask 0.5 "
      "--blend 0.4 0.7 --augmentations 2 --white 240 --foreground parts",
      parameters, true, {});
  parameters = {};
  parameters.mask.kind = synth::MaskKind::scratch;
  parameters.source = synth::SourceKind::images;
  parameters.blending = synth::Blending::poisson;
  parameters.augmentations = 10;
  check("--mask scratch --source own --recursive --blending poisson --augmentations 10", parameters, false, own);
  parameters = {};
  parameters.source = synth::SourceKind::quilt;
  check("--source quilt", parameters, false, {});
}

TEST_CASE("synth: what a paste takes no notice of is refused, each, and numbers beyond their ranges are") {
  const WithImages workspace;
  for (const std::string source : {"cut_paste", "scar"}) {
    for (const std::string option : {"--mask perlin", "--least-area 0.1", "--most-area 0.9", "--softness 1",
                                     "--second-mask 0.5", "--blend 0.5 1", "--augmentations 1"}) {
      check_refused(workspace.run("synth good -o out --source " + source + " " + option), 2,
                    {source + " has a form of its own", "takes no " + option.substr(0, option.find(' '))});
    }
  }
  const auto refused = [&](const std::string& option, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("synth good -o out " + option), 2, mentions);
  };
  refused("--severity 0", {"'0'", "(0, 1]"});
  refused("--severity 1,1.0001", {"'1.0001'", "(0, 1]"});
  refused("--severity 0.5,0.25,0.5", {"0.5 is there twice"});
  refused("--probability 1.01", {"probability"});
  refused("--jobs 0", {"--jobs", "1 to 1024"});
  refused("--jobs 1025", {"--jobs", "1 to 1024"});
  refused("--count 4294967296", {"--count", "1 to 4294967295"});
  CHECK_FALSE(fs::exists(workspace.path("out")));
  // The ends themselves.
  check_success(workspace.run(
      "synth good/grey.bmp -o out --severity 1,0.001 --jobs 1024 --probability 1 --augmentations 10 --blend 1 1"));
  const std::vector<Row> rows = manifest_of(workspace, "out");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("file") == "images/grey_000_s0.png");
  CHECK(rows[0].at("severity") == "1");
  CHECK(std::stod(rows[0].at("blend")) == 1);
  CHECK(rows[1].at("file") == "images/grey_000_s1.png");
  CHECK(std::stod(rows[1].at("blend")) == 0.001);
  // Numbers have three digits at least.
  check_success(workspace.run("synth good/grey.bmp -o out --force --count 11 --source noise"));
  CHECK(manifest_of(workspace, "out").back().at("file") == "images/grey_010.png");
}

TEST_CASE("synth: into a folder within that of the images, which are not sought there") {
  const WithImages workspace;
  const Outcome first = done(workspace, "good -o good/out");
  CHECK(first.out.starts_with("5 items of 5 images: 5 anomalous\n"));
  CHECK(done(workspace, "good -o good/out").out.find("kept      5 of them") != std::string::npos);
  // With --recursive they would be; a folder whose name only begins alike is another.
  check_refused(workspace.run("synth good -o good/out --recursive"), 2,
                {"-o good/out: IMAGES are in its folder images"});
  fs::remove_all(workspace.path("good/out"));
  check_refused(workspace.run("synth good -o good/out --recursive"), 2, {"-o good/out: lies within good"});
  check_refused(workspace.run("synth good -o good --recursive"), 2, {"-o good: lies within good"});
  check_success(workspace.run("synth good -o goods --recursive"));
}

TEST_CASE("synth: what of the parameters differs is told, in the folder's order, and of many the first") {
  const WithImages workspace;
  check_success(workspace.run("synth good/grey.bmp -o out"));
  const auto before = contents(workspace, "out");
  const auto refused = [&](const std::string& options, const std::string& differences) {
    check_refused(workspace.run("synth good/grey.bmp -o out " + options), 2,
                  {"-o out: holds anomalies of other parameters (" + differences + "); --force replaces them"});
  };
  refused("--probability 0.5 --seed 5", "seed is 0 there and 5 now, probability is 1.0 there and 0.5 now");
  refused("--mask blob --severity 0.5 --format tiff",
          "severities.0 is 1.0 there and 0.5 now, mask.kind is \"perlin\" there and \"blob\" now, file_format is "
          "\"png\" there and \"tiff\" now");
  // Told until they have more than 150 letters.
  refused("--seed 5 --probability 0.5 --augmentations 1 --blend 0.3 0.4 --softness 3 --format tiff",
          "seed is 0 there and 5 now, probability is 1.0 there and 0.5 now, augmentations is 3 there and 1 now, "
          "least_blend is 0.2 there and 0.3 now, most_blend is 1.0 there and 0.4 now, ...");
  CHECK(contents(workspace, "out") == before);
  // A file of another version may lack some, or have more.
  auto parameters = nlohmann::ordered_json::parse(before.at("parameters.json"));
  parameters.erase("white");
  workspace.write("out/parameters.json", parameters.dump());
  refused("", "white is absent there and 0.0 now");
  parameters = nlohmann::ordered_json::parse(before.at("parameters.json"));
  parameters["more"] = 1;
  workspace.write("out/parameters.json", parameters.dump());
  refused("", "some are not known");
  workspace.write("out/parameters.json", before.at("parameters.json"));
  CHECK(done(workspace, "good/grey.bmp -o out").out.find("kept      1 of them") != std::string::npos);
}

TEST_CASE("synth: originals are those of before by their paths as well as their sizes") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o out"));
  fs::rename(workspace.path("good/grey.bmp"), workspace.path("good/gray.bmp"));
  check_refused(workspace.run("synth good -o out"), 2, {"images.fingerprint is \"0x", "; --force replaces them"});
  fs::rename(workspace.path("good/gray.bmp"), workspace.path("good/grey.bmp"));
  CHECK(done(workspace, "good -o out").out.find("kept      5 of them") != std::string::npos);
}

TEST_CASE("synth: a folder is new whose folders and manifest are empty, and others' are left alone") {
  const WithImages workspace;
  fs::create_directories(workspace.path("new/images"));
  fs::create_directories(workspace.path("new/masks"));
  workspace.write("new/manifest.csv", "");
  check_success(workspace.run("synth good -o new"));
  CHECK(manifest_of(workspace, "new").size() == WithImages::images);
  for (const std::string theirs : {"images/a.txt", "masks/a.txt", "manifest.csv"}) {
    fs::remove_all(workspace.path("other"));
    fs::create_directories(workspace.path("other/" + theirs).parent_path());
    workspace.write("other/" + theirs, "theirs");
    const std::string what = theirs.substr(0, theirs.find('/'));
    check_refused(workspace.run("synth good -o other --force"), 2,
                  {"-o other: " + what + " there is not of plimsoll synth; use another folder"});
    CHECK(contents(workspace, "other") == std::map<std::string, std::string>{{theirs, "theirs"}});
  }
}

TEST_CASE("synth: paths that would break the manifest's lines are refused, and quotation marks are doubled") {
  const Workspace workspace;
  draw_picture(workspace, "good/say \"a\", b.png", 16, 16, CV_8UC1, 1);
  check_success(workspace.run("synth good -o out"));
  const std::vector<std::string> lines = lines_of(workspace.read("out/manifest.csv"));
  REQUIRE(lines.size() == 2);
  CHECK(
      lines[1].starts_with(R"("images/say ""a"", b_000.png","masks/say ""a"", b_000.png","good/say ""a"", b.png",0,)"));
  CHECK(done(workspace, "good -o out").out.find("kept      1 of them") != std::string::npos);
  draw_picture(workspace, "odd/a\x1f.png", 16, 16, CV_8UC1, 1);
  for (const std::string arguments : {"odd -o no", "good -o no --source odd"}) {
    check_refused(workspace.run("synth " + arguments), 2, {"an image has a control character in its path: odd/a?.png"});
  }
  CHECK_FALSE(fs::exists(workspace.path("no")));
  // What comes next is none.
  fs::rename(workspace.path("odd/a\x1f.png"), workspace.path("odd/a .png"));
  check_success(workspace.run("synth odd -o out2"));
}

TEST_CASE("synth: an image has one foreground, and that of a file has one mask") {
  const WithImages workspace;
  fs::create_directory(workspace.path("parts"));
  const cv::Mat whole(24, 24, CV_8UC1, cv::Scalar(255));
  REQUIRE(cv::imwrite(workspace.path("parts/grey.tif").string(), std::vector<cv::Mat>{whole, whole}));
  check_refused(workspace.run("synth good/grey.bmp -o out --foreground parts"), 2,
                {"parts/grey.tif: holds 2 masks, and an image has one"});
  REQUIRE(cv::imwrite(workspace.path("parts/grey.tif").string(), whole));
  check_success(workspace.run("synth good/grey.bmp -o other --foreground parts"));
}

TEST_CASE("synth: a manifest of other columns is none") {
  const WithImages workspace;
  check_success(workspace.run("synth good -o out"));
  const auto whole = contents(workspace, "out");
  const std::string& manifest = whole.at("manifest.csv");
  workspace.write("out/manifest.csv", "file,mask\n" + manifest.substr(manifest.find('\n') + 1));
  const Outcome anew = done(workspace, "good -o out");
  CHECK(anew.out.find("kept") == std::string::npos);
  CHECK(contents(workspace, "out") == whole);
}

TEST_CASE("synth: items are numbered with as many digits as the last one has, and three at least") {
  const Workspace workspace;
  draw_picture(workspace, "tiny.png", 4, 4, CV_8UC1, 1);
  for (const auto& [count, first, last] :
       {std::tuple{"1000", "tiny_000", "tiny_999"}, {"1001", "tiny_0000", "tiny_1000"}}) {
    const Outcome outcome =
        done(workspace, "tiny.png -o out --force --source colour --probability 0 --count " + std::string(count));
    CHECK(outcome.out.starts_with(std::string(count) + " items of 1 images: 0 anomalous, " + count +
                                  " normal by chance\n"));
    const std::vector<Row> rows = manifest_of(workspace, "out");
    CHECK(rows.front().at("file") == "images/" + std::string(first) + ".png");
    CHECK(rows.back().at("mask") == "masks/" + std::string(last) + ".png");
  }
}
