<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
 <context>
  <name>iamap</name>
  <message>
   <source>Encode</source>
   <translation>Encoder une image</translation>
  </message>
  <message>
   <source>1 Encode</source>
   <translation>1 Encoder</translation>
  </message>
  <message>
   <source>features</source>
   <translation>descripteurs</translation>
  </message>
  <message>
   <source>embedding</source>
   <translation>plongement</translation>
  </message>
  <message>
   <source>vision transformer</source>
   <translation>transformeur de vision</translation>
  </message>
  <message>
   <source>deep learning</source>
   <translation>apprentissage profond</translation>
  </message>
  <message>
   <source>foundation model</source>
   <translation>modèle de fondation</translation>
  </message>
  <message>
   <source>DINO</source>
   <translation>DINO</translation>
  </message>
  <message>
   <source>IAMAP</source>
   <translation>IAMAP</translation>
  </message>
  <message>
   <source>Turn a raster into features with a pre-trained encoder.</source>
   <translation>Transforme un raster en descripteurs à l'aide d'un encodeur pré-entraîné.</translation>
  </message>
  <message>
   <source>The encoder looks at the raster tile by tile and describes every patch of it by some hundred numbers: the features. Places that look alike get features that are alike, so that the result can be reduced to a picture, clustered, searched and classified with few labels. One band of the result is one feature; one cell of it is one patch of the raster.</source>
   <translation>L'encodeur parcourt le raster tuile par tuile et décrit chaque imagette par quelques centaines de nombres : les descripteurs. Des lieux qui se ressemblent reçoivent des descripteurs semblables ; le résultat peut donc être réduit à une image, partitionné, interrogé par similarité et classé avec peu d'exemples. Une bande du résultat est un descripteur ; une de ses cellules est une imagette du raster.</translation>
  </message>
  <message>
   <source>MOSAIKS needs no download and takes any bands. The vision transformers know more about the world, want three bands (red, green, blue) and download their weights once.</source>
   <translation>MOSAIKS ne télécharge rien et accepte toutes les bandes. Les transformeurs de vision en savent davantage sur le monde, demandent trois bandes (rouge, vert, bleu) et téléchargent leurs poids une seule fois.</translation>
  </message>
  <message>
   <source>Raster</source>
   <translation>Raster</translation>
  </message>
  <message>
   <source>The image to encode: any raster file, in any CRS.</source>
   <translation>L'image à encoder : tout fichier raster, dans n'importe quel SCR.</translation>
  </message>
  <message>
   <source>Bands</source>
   <translation>Bandes</translation>
  </message>
  <message>
   <source>In the encoder's order, usually red, green, blue. Empty: all bands but transparency.</source>
   <translation>Dans l'ordre de l'encodeur, en général rouge, vert, bleu. Vide : toutes les bandes sauf la transparence.</translation>
  </message>
  <message>
   <source>Encoder</source>
   <translation>Encodeur</translation>
  </message>
  <message>
   <source>Size, licence and origin of each are listed below.</source>
   <translation>La taille, la licence et l'origine de chacun sont indiquées plus bas.</translation>
  </message>
  <message>
   <source>Extent</source>
   <translation>Emprise</translation>
  </message>
  <message>
   <source>Only this part of the raster, enlarged to whole feature cells. Empty: all of it.</source>
   <translation>Seulement cette partie du raster, agrandie à des cellules entières. Vide : tout le raster.</translation>
  </message>
  <message>
   <source>Name of a timm model</source>
   <translation>Nom d'un modèle timm</translation>
  </message>
  <message>
   <source>For the encoder *timm model by name*: for example vit_small_patch16_224.dino.</source>
   <translation>Pour l'encodeur *timm model by name* : par exemple vit_small_patch16_224.dino.</translation>
  </message>
  <message>
   <source>Own weights</source>
   <translation>Poids personnels</translation>
  </message>
  <message>
   <source>A file (.safetensors, .pth, .pt) or a hub-style folder (config.json + weights) instead of the published ones.</source>
   <translation>Un fichier (.safetensors, .pth, .pt) ou un dossier comme sur le dépôt de modèles (config.json + poids), à la place des poids publiés.</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>Poids</translation>
  </message>
  <message>
   <source>Download missing weights</source>
   <translation>Télécharger les poids manquants</translation>
  </message>
  <message>
   <source>Size and licence are listed below and told in the log, before it starts.</source>
   <translation>La taille et la licence sont indiquées plus bas, et dans le journal avant que le téléchargement commence.</translation>
  </message>
  <message>
   <source>Tile size</source>
   <translation>Taille des tuiles</translation>
  </message>
  <message>
   <source>Side of the square the encoder sees at once, a multiple of its patch. Empty: the encoder's own.</source>
   <translation>Côté du carré que l'encodeur voit d'un coup, multiple de la taille de ses imagettes. Vide : celle de l'encodeur.</translation>
  </message>
  <message>
   <source>pixels</source>
   <translation>pixels</translation>
  </message>
  <message>
   <source>Overlap of tiles</source>
   <translation>Recouvrement des tuiles</translation>
  </message>
  <message>
   <source>Rounded to whole cells. More overlap: fewer seams, more time (25 %: about twice the time of 0 %).</source>
   <translation>Arrondi à des cellules entières. Plus de recouvrement : moins de raccords visibles, plus de temps (25 % : environ le double du temps de 0 %).</translation>
  </message>
  <message>
   <source>Blending of overlaps</source>
   <translation>Fusion des recouvrements</translation>
  </message>
  <message>
   <source>window: raised-cosine weights, smoothest. central crop: each cell from the tile it is most central in. none: from the first tile.</source>
   <translation>window : pondération en cosinus surélevé, le plus lisse. central crop : chaque cellule vient de la tuile où elle est la plus centrale. none : de la première tuile.</translation>
  </message>
  <message>
   <source>Finer grid</source>
   <translation>Grille plus fine</translation>
  </message>
  <message>
   <source>Feed the raster enlarged, so that a feature cell covers fewer pixels: 2 gives four times the cells in four times the time.</source>
   <translation>Présente le raster agrandi, pour qu'une cellule couvre moins de pixels : 2 donne quatre fois plus de cellules en quatre fois plus de temps.</translation>
  </message>
  <message>
   <source>times</source>
   <translation>fois</translation>
  </message>
  <message>
   <source>Normalisation</source>
   <translation>Normalisation</translation>
  </message>
  <message>
   <source>encoder: the constants it was trained with, for 8-bit images. raster: mean and deviation of the whole raster. auto: encoder for 8-bit, else raster.</source>
   <translation>encoder : les constantes de son entraînement, pour les images 8 bits. raster : moyenne et écart type de tout le raster. auto : encoder pour 8 bits, raster sinon.</translation>
  </message>
  <message>
   <source>Least valid share of a cell</source>
   <translation>Part valide minimale d'une cellule</translation>
  </message>
  <message>
   <source>Cells with less valid data than this become nodata.</source>
   <translation>Les cellules qui ont moins de données valides deviennent sans donnée.</translation>
  </message>
  <message>
   <source>Reproject to</source>
   <translation>Reprojeter vers</translation>
  </message>
  <message>
   <source>Encode in this CRS instead of the raster's own (bilinear resampling).</source>
   <translation>Encode dans ce SCR au lieu de celui du raster (rééchantillonnage bilinéaire).</translation>
  </message>
  <message>
   <source>Resample to pixel size</source>
   <translation>Rééchantillonner à la taille de pixel</translation>
  </message>
  <message>
   <source>Empty: the raster's own pixels.</source>
   <translation>Vide : les pixels du raster.</translation>
  </message>
  <message>
   <source>units of the CRS</source>
   <translation>unités du SCR</translation>
  </message>
  <message>
   <source>Number format</source>
   <translation>Format des nombres</translation>
  </message>
  <message>
   <source>int16: half the size, keeps about what float16 keeps. int8: a quarter, coarse. Both with scale and offset in the file.</source>
   <translation>int16 : moitié moins de place, à peu près la précision de float16. int8 : un quart, grossier. Tous deux avec échelle et décalage dans le fichier.</translation>
  </message>
  <message>
   <source>Precision of the computation</source>
   <translation>Précision du calcul</translation>
  </message>
  <message>
   <source>int8 is two to three times faster on most laptops and changes features a little; bfloat16 helps on GPUs and recent processors.</source>
   <translation>int8 est deux à trois fois plus rapide sur la plupart des portables et change un peu les descripteurs ; bfloat16 aide sur les GPU et les processeurs récents.</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Matériel</translation>
  </message>
  <message>
   <source>auto: a GPU if there is one.</source>
   <translation>auto : un GPU s'il y en a un.</translation>
  </message>
  <message>
   <source>Number of the GPU</source>
   <translation>Numéro du GPU</translation>
  </message>
  <message>
   <source>Where there are several.</source>
   <translation>Quand il y en a plusieurs.</translation>
  </message>
  <message>
   <source>Tiles at once</source>
   <translation>Tuiles à la fois</translation>
  </message>
  <message>
   <source>Empty: chosen by size of the encoder.</source>
   <translation>Vide : choisi selon la taille de l'encodeur.</translation>
  </message>
  <message>
   <source>Processor threads</source>
   <translation>Fils d'exécution du processeur</translation>
  </message>
  <message>
   <source>Empty: all cores.</source>
   <translation>Vide : tous les cœurs.</translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>Reprendre</translation>
  </message>
  <message>
   <source>Keep what is done when the run is interrupted, and go on from there when the same run is started again.</source>
   <translation>Garde ce qui est fait quand l'exécution est interrompue, et continue de là quand la même exécution est relancée.</translation>
  </message>
  <message>
   <source>Random seed</source>
   <translation>Graine aléatoire</translation>
  </message>
  <message>
   <source>Features</source>
   <translation>Descripteurs</translation>
  </message>
  <message>
   <source>Picture of the features</source>
   <translation>Image des descripteurs</translation>
  </message>
  <message>
   <source>Three bands to look at: the first three principal components as red, green, blue.</source>
   <translation>Trois bandes à regarder : les trois premières composantes principales en rouge, vert, bleu.</translation>
  </message>
  <message>
   <source>Encoders</source>
   <translation>Encodeurs</translation>
  </message>
  <message>
   <source>patch</source>
   <translation>imagette</translation>
  </message>
  <message>
   <source>trained on</source>
   <translation>entraîné sur</translation>
  </message>
  <message>
   <source>nothing: random patches of your raster</source>
   <translation>rien : des imagettes tirées au hasard de votre raster</translation>
  </message>
  <message>
   <source>licence</source>
   <translation>licence</translation>
  </message>
  <message>
   <source>none needed</source>
   <translation>inutile</translation>
  </message>
  <message>
   <source>400 million photos with captions (OpenAI)</source>
   <translation>400 millions de photos légendées (OpenAI)</translation>
  </message>
  <message>
   <source>Apache-2.0</source>
   <translation>Apache-2.0</translation>
  </message>
  <message>
   <source>10 billion photos with captions in 109 languages (WebLI)</source>
   <translation>10 milliards de photos légendées en 109 langues (WebLI)</translation>
  </message>
  <message>
   <source>1.3 million photos (ImageNet-1k), without labels</source>
   <translation>1,3 million de photos (ImageNet-1k), sans étiquettes</translation>
  </message>
  <message>
   <source>142 million photos (LVD-142M), without labels</source>
   <translation>142 millions de photos (LVD-142M), sans étiquettes</translation>
  </message>
  <message>
   <source>1.7 billion photos (LVD-1689M), without labels</source>
   <translation>1,7 milliard de photos (LVD-1689M), sans étiquettes</translation>
  </message>
  <message>
   <source>DINOv3 License: NOT an open-source licence, forbids military and other uses; pass it on with the weights, name DINOv3 in publications</source>
   <translation>DINOv3 License : PAS une licence libre, interdit les usages militaires et d'autres ; à transmettre avec les poids, citer DINOv3 dans les publications</translation>
  </message>
  <message>
   <source>493 million satellite images of 0.6 m (SAT-493M), without labels</source>
   <translation>493 millions d'images satellite à 0,6 m (SAT-493M), sans étiquettes</translation>
  </message>
  <message>
   <source>CC-BY-NC-4.0: NO COMMERCIAL USE</source>
   <translation>CC-BY-NC-4.0 : PAS D'USAGE COMMERCIAL</translation>
  </message>
  <message>
   <source>5.4 billion photos with captions, then aligned with outlines of SAM 2.1</source>
   <translation>5,4 milliards de photos légendées, puis aligné sur les contours de SAM 2.1</translation>
  </message>
  <message>
   <source>1.1 billion outlines in 11 million photos (SA-1B)</source>
   <translation>1,1 milliard de contours dans 11 millions de photos (SA-1B)</translation>
  </message>
  <message>
   <source>see the model's page</source>
   <translation>voir la page du modèle</translation>
  </message>
  <message>
   <source>by model</source>
   <translation>selon le modèle</translation>
  </message>
  <message>
   <source>Encode…</source>
   <translation>Encoder une image…</translation>
  </message>
  <message>
   <source>Set up IAMAP…</source>
   <translation>Installer IAMAP…</translation>
  </message>
  <message>
   <source>did you mean {name}?</source>
   <translation>vouliez-vous dire {name} ?</translation>
  </message>
  <message>
   <source>it has {names}</source>
   <translation>il a {names}</translation>
  </message>
  <message>
   <source>{algorithm} has no parameter {name}</source>
   <translation>{algorithm} n'a pas de paramètre {name}</translation>
  </message>
  <message>
   <source>The run failed: {error}.</source>
   <translation>L'exécution a échoué : {error}.</translation>
  </message>
  <message>
   <source>{unit} {done} of {total}</source>
   <translation>{unit} {done} sur {total}</translation>
  </message>
  <message>
   <source>about {time} left</source>
   <translation>encore {time} environ</translation>
  </message>
  <message>
   <source>Worker</source>
   <translation>Processus de calcul</translation>
  </message>
  <message>
   <source>Parameters</source>
   <translation>Paramètres</translation>
  </message>
  <message>
   <source>Advanced parameters</source>
   <translation>Paramètres avancés</translation>
  </message>
  <message>
   <source>choose a file or folder on this computer</source>
   <translation>choisissez un fichier ou un dossier de cet ordinateur</translation>
  </message>
  <message>
   <source>give xmin,xmax,ymin,ymax, with [EPSG:…] behind it where it is not in the raster's CRS</source>
   <translation>donnez xmin,xmax,ymin,ymax, suivi de [EPSG:…] si ce n'est pas dans le SCR du raster</translation>
  </message>
  <message>
   <source>give a code such as EPSG:2154</source>
   <translation>donnez un code tel que EPSG:2154</translation>
  </message>
  <message>
   <source>save it as GeoTIFF first: right-click the layer, Export, Save As</source>
   <translation>enregistrez-la d'abord en GeoTIFF : clic droit sur la couche, Exporter, Enregistrer sous</translation>
  </message>
  <message>
   <source>One of: {words}.</source>
   <translation>Au choix : {words}.</translation>
  </message>
  <message>
   <source>All files</source>
   <translation>Tous les fichiers</translation>
  </message>
  <message>
   <source>give a name that ends in .tif</source>
   <translation>donnez un nom qui se termine par .tif</translation>
  </message>
  <message>
   <source>{name} = {bands}: there is no band {band}</source>
   <translation>{name} = {bands} : il n'y a pas de bande {band}</translation>
  </message>
  <message>
   <source>the raster {raster} has bands 1 to {count}</source>
   <translation>le raster {raster} a les bandes 1 à {count}</translation>
  </message>
  <message>
   <source>{name} = {path} is not there</source>
   <translation>{name} = {path} n'existe pas</translation>
  </message>
  <message>
   <source>{name} = {value} is empty</source>
   <translation>{name} = {value} est vide</translation>
  </message>
  <message>
   <source>{name} = {value} is no coordinate reference system</source>
   <translation>{name} = {value} n'est pas un système de coordonnées</translation>
  </message>
  <message>
   <source>{value} can't be opened as a raster</source>
   <translation>{value} ne s'ouvre pas comme raster</translation>
  </message>
  <message>
   <source>the layer {name} is no raster file but of type {kind}</source>
   <translation>la couche {name} n'est pas un fichier raster mais de type {kind}</translation>
  </message>
  <message>
   <source>{name} = {path} is not a GeoTIFF</source>
   <translation>{name} = {path} n'est pas un GeoTIFF</translation>
  </message>
  <message>
   <source>IAMAP: features of rasters from pre-trained encoders</source>
   <translation>IAMAP : descripteurs de rasters par encodeurs pré-entraînés</translation>
  </message>
  <message>
   <source>Choose Plugins ▸ IAMAP ▸ Set up IAMAP…</source>
   <translation>Choisissez Extensions ▸ IAMAP ▸ Installer IAMAP…</translation>
  </message>
  <message>
   <source>More</source>
   <translation>En savoir plus</translation>
  </message>
  <message>
   <source>the worker was killed, most often because memory ran out</source>
   <translation>le processus de calcul a été tué, le plus souvent faute de mémoire</translation>
  </message>
  <message>
   <source>choose a smaller encoder, smaller tiles or fewer tiles at once, or close other programs</source>
   <translation>choisissez un encodeur plus petit, des tuiles plus petites ou moins de tuiles à la fois, ou fermez d'autres programmes</translation>
  </message>
  <message>
   <source>the worker crashed (access violation)</source>
   <translation>le processus de calcul a planté (violation d'accès)</translation>
  </message>
  <message>
   <source>run Plugins, IAMAP, Set up IAMAP…</source>
   <translation>lancez Extensions, IAMAP, Installer IAMAP…</translation>
  </message>
  <message>
   <source>Its last words:</source>
   <translation>Ses derniers mots :</translation>
  </message>
  <message>
   <source>the worker ended without a result (exit code {code})</source>
   <translation>le processus de calcul s'est terminé sans résultat (code de sortie {code})</translation>
  </message>
  <message>
   <source>the worker crashed (signal {number})</source>
   <translation>le processus de calcul a planté (signal {number})</translation>
  </message>
  <message>
   <source>the engine's Python can't be started: {error}</source>
   <translation>le Python du moteur ne démarre pas : {error}</translation>
  </message>
  <message>
   <source>cancelled</source>
   <translation>annulé</translation>
  </message>
  <message>
   <source>the worker said that it wrote {path}, but it is not there</source>
   <translation>le processus de calcul dit avoir écrit {path}, mais ce fichier n'existe pas</translation>
  </message>
  <message>
   <source>Python of the engine (empty: the environment that IAMAP sets up)</source>
   <translation>Python du moteur (vide : l'environnement installé par IAMAP)</translation>
  </message>
  <message>
   <source>Folder of downloaded weights (empty: in IAMAP's folder)</source>
   <translation>Dossier des poids téléchargés (vide : dans le dossier d'IAMAP)</translation>
  </message>
  <message>
   <source>IAMAP's folder: engine environment, weights (empty: the usual place)</source>
   <translation>Dossier d'IAMAP : environnement du moteur, poids (vide : l'endroit habituel)</translation>
  </message>
  <message>
   <source>IAMAP computes with PyTorch, timm, torchgeo and rasterio. They are installed once, into a folder of their own: QGIS, its Python and its other plugins stay as they are.</source>
   <translation>IAMAP calcule avec PyTorch, timm, torchgeo et rasterio. Ils sont installés une seule fois, dans un dossier à part : QGIS, son Python et ses autres extensions restent tels quels.</translation>
  </message>
  <message>
   <source>To use a Python of your own that has the packages (conda, venv), name it in Settings ▸ Options ▸ Processing.</source>
   <translation>Pour utiliser votre propre Python qui a ces paquets (conda, venv), indiquez-le dans Préférences ▸ Options ▸ Traitement.</translation>
  </message>
  <message>
   <source>Set up IAMAP</source>
   <translation>Installer IAMAP</translation>
  </message>
  <message>
   <source>Use an NVIDIA graphics card (CUDA; several gigabytes more)</source>
   <translation>Utiliser une carte graphique NVIDIA (CUDA ; plusieurs gigaoctets de plus)</translation>
  </message>
  <message>
   <source>Advanced</source>
   <translation>Avancé</translation>
  </message>
  <message>
   <source>found by itself, or fetched</source>
   <translation>trouvé tout seul, ou téléchargé</translation>
  </message>
  <message>
   <source>the usual one, or that of pip's settings</source>
   <translation>l'habituel, ou celui des réglages de pip</translation>
  </message>
  <message>
   <source>none</source>
   <translation>aucun</translation>
  </message>
  <message>
   <source>Use no network, only the folder of wheels</source>
   <translation>Sans réseau, seulement avec le dossier de wheels</translation>
  </message>
  <message>
   <source>Python 3.11 to 3.13 to build on</source>
   <translation>Python 3.11 à 3.13 servant de base</translation>
  </message>
  <message>
   <source>Package index</source>
   <translation>Index de paquets</translation>
  </message>
  <message>
   <source>Folder of wheels</source>
   <translation>Dossier de wheels</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Annuler</translation>
  </message>
  <message>
   <source>Open log</source>
   <translation>Ouvrir le journal</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>Fermer</translation>
  </message>
  <message>
   <source>Broken: its Python is gone.</source>
   <translation>Endommagé : son Python a disparu.</translation>
  </message>
  <message>
   <source>Not set up yet.</source>
   <translation>Pas encore installé.</translation>
  </message>
  <message>
   <source>State</source>
   <translation>État</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>Dossier</translation>
  </message>
  <message>
   <source>Size</source>
   <translation>Taille</translation>
  </message>
  <message>
   <source>Check and repair</source>
   <translation>Vérifier et réparer</translation>
  </message>
  <message>
   <source>Set up</source>
   <translation>Installer</translation>
  </message>
  <message>
   <source>{needed:g} GB needed, {free:.0f} GB free on this disk; a download of about {load}</source>
   <translation>{needed:g} Go nécessaires, {free:.0f} Go libres sur ce disque ; environ {load} à télécharger</translation>
  </message>
  <message>
   <source>Stopping…</source>
   <translation>Arrêt en cours…</translation>
  </message>
  <message>
   <source>Cancelled. Nothing half-made is left.</source>
   <translation>Annulé. Il ne reste rien d'inachevé.</translation>
  </message>
  <message>
   <source>What is done is shown here, and kept in {file}</source>
   <translation>Ce qui est fait s'affiche ici et se garde dans {file}</translation>
  </message>
  <message>
   <source>Set up, with Python {python} and torch {torch}.</source>
   <translation>Installé, avec Python {python} et torch {torch}.</translation>
  </message>
  <message>
   <source>{free:.0f} GB free on this disk</source>
   <translation>{free:.0f} Go libres sur ce disque</translation>
  </message>
  <message>
   <source>IAMAP is ready: its algorithms are in the Processing toolbox.</source>
   <translation>IAMAP est prêt : ses algorithmes sont dans la boîte à outils de traitements.</translation>
  </message>
  <message>
   <source>{error} All that was said is in {file}</source>
   <translation>{error} Tout ce qui a été dit est dans {file}</translation>
  </message>
  <message>
   <source>tiles</source>
   <translation>tuiles</translation>
  </message>
  <message>
   <source>tiles computed</source>
   <translation>tuiles calculées</translation>
  </message>
  <message>
   <source>seconds</source>
   <translation>secondes</translation>
  </message>
  <message>
   <source>tiles a second</source>
   <translation>tuiles par seconde</translation>
  </message>
  <message>
   <source>columns</source>
   <translation>colonnes</translation>
  </message>
  <message>
   <source>rows</source>
   <translation>lignes</translation>
  </message>
  <message>
   <source>megabytes</source>
   <translation>mégaoctets</translation>
  </message>
  <message>
   <source>encode</source>
   <translation>encodage</translation>
  </message>
  <message>
   <source>blocks</source>
   <translation>blocs</translation>
  </message>
  <message>
   <source>statistics</source>
   <translation>statistiques</translation>
  </message>
  <message>
   <source>MB</source>
   <translation>Mo</translation>
  </message>
  <message>
   <source>download</source>
   <translation>téléchargement</translation>
  </message>
 </context>
</TS>
